import POSIX
import Text

/// Paths as somebody types them.
enum PathNames {
  /// `~/` is the home, as a shell would have it.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.value("HOME") else { return path }
    return home + path.dropFirst()
  }

  /// The file or folder that a typed path names: the one of that very name where there is one; else quotes and backslashes are
  /// taken as a shell takes them.
  static func meant(by typed: String) -> String {
    let literal = expanded(typed)
    guard (try? File.status(literal)) == nil, let unquoted = unquoted(typed) else { return literal }
    return expanded(unquoted)
  }

  /// nil where a quote or a backslash is left open, unless more of it is to come.
  static func unquoted(_ path: String, isWhole: Bool = true) -> String? {
    var unquoted = ""
    var quote: Character?
    var rest = path[...]
    while let character = rest.popFirst() {
      switch (character, quote) {
      case ("'", nil), ("\"", nil): quote = character
      case ("'", "'"?), ("\"", "\""?): quote = nil
      case ("\\", nil):
        if let next = rest.popFirst() { unquoted.append(next) } else if isWhole { return nil }
      case ("\\", "\""?):
        // Within double quotes it stands for itself before anything else.
        let isEscape = rest.first == "\"" || rest.first == "\\"
        unquoted.append(isEscape ? rest.removeFirst() : character)
      default: unquoted.append(character)
      }
    }
    return quote == nil || !isWhole ? unquoted : nil
  }

  /// Those that begin so, as they would be typed, without quotes; folders with a slash at their end. Hidden ones only where that is
  /// begun with.
  static func beginning(with typed: String) -> [String] {
    let literal = literallyBeginning(with: typed)
    guard literal.isEmpty, let unquoted = unquoted(typed, isWhole: false), unquoted != typed else { return literal }
    return literallyBeginning(with: unquoted)
  }

  private static func literallyBeginning(with typed: String) -> [String] {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let beginning = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    let path = folder.isEmpty ? "." : expanded(folder)
    return ((try? File.names(inDirectory: path)) ?? []).filter { name in
      // What cannot be shown cannot be chosen, nor what is no UTF-8: what is read of it would not find it.
      name.hasPrefix(beginning) && (!name.hasPrefix(".") || beginning.hasPrefix("."))
        && CleanText.string(from: name) == name && !name.unicodeScalars.contains("\u{FFFD}")
    }.map { name in
      let isFolder = (try? File.status("\(path)/\(name)"))?.isDirectory == true
      return folder + name + (isFolder ? "/" : "")
    }
  }
}
