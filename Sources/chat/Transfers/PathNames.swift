import POSIX
import Text

/// Paths as somebody types them, and as they are shown. A name that is not UTF-8 is shown with U+FFFD, and that is what it is
/// typed by.
enum PathNames {
  /// `~/` is the home, as a shell would have it.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.path("HOME") else { return path }
    return home + path.dropFirst()
  }

  /// The file or folder that a typed path names: the one of that very name where there is one; else quotes and backslashes are
  /// taken as a shell takes them.
  static func meant(by typed: String) -> String {
    let literal = expanded(typed)
    guard !exists(literal), let unquoted = unquoted(typed) else { return literal }
    return expanded(unquoted)
  }

  private static func exists(_ path: String) -> Bool { (try? File.status(bytes(of: path))) != nil }

  /// The path that is shown so: what has a U+FFFD in its name and is not there stands for the one entry of its folder that shows
  /// like it. Where there are several, it is none of them.
  static func bytes(of shown: String) -> [UInt8] {
    let literal = Array(shown.utf8)
    guard shown.unicodeScalars.contains("\u{FFFD}"), (try? File.status(literal)) == nil else { return literal }
    var path: [UInt8] = []
    for part in literal.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      let shownPart = String(decoding: part, as: UTF8.self)
      let folder = path.isEmpty ? Array("./".utf8) : path
      if shownPart.unicodeScalars.contains("\u{FFFD}"), (try? File.status(folder + part)) == nil {
        let alike = ((try? File.nameBytes(inDirectory: folder)) ?? []).filter {
          String(decoding: $0, as: UTF8.self).utf8.elementsEqual(part)
        }
        guard alike.count == 1 else { return literal }
        path += alike[0]
      } else {
        path += part
      }
      path.append(UInt8(ascii: "/"))
    }
    return path.dropLast()
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
    return ((try? File.nameBytes(inDirectory: bytes(of: path))) ?? []).map { String(decoding: $0, as: UTF8.self) }
      .filter {
        name in
        // What cannot be shown cannot be chosen.
        name.hasPrefix(beginning) && (!name.hasPrefix(".") || beginning.hasPrefix("."))
          && CleanText.string(from: name) == name
      }.map { name in
        let isFolder = (try? File.status(bytes(of: "\(path)/\(name)")))?.isDirectory == true
        return folder + name + (isFolder ? "/" : "")
      }
  }
}
