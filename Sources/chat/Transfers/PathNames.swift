import POSIX
import Text

/// Paths as users type and see them. A name that is not UTF-8 shows with U+FFFD, and can be typed like that.
enum PathNames {
  /// Replaces `~/` by the home, as a shell does.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.path("HOME") else { return path }
    return home + path.dropFirst()
  }

  /// The path that a typed path means: literally, if such a file exists; otherwise without a shell's quotes and
  /// backslashes.
  static func resolved(_ typed: String) -> String {
    let literal = expanded(typed)
    guard !exists(literal), let unquoted = unquoted(typed) else { return literal }
    return expanded(unquoted)
  }

  private static func exists(_ path: String) -> Bool { (try? File.status(bytes(of: path))) != nil }

  /// The bytes of a shown path. A component with U+FFFD that does not exist is the one entry of its folder that shows
  /// like it; if there are several, none.
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

  /// Nil if a quote or a backslash is open at the end, unless `isWhole` is false.
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
        // Inside double quotes a backslash escapes only a quote or a backslash.
        let isEscape = rest.first == "\"" || rest.first == "\\"
        unquoted.append(isEscape ? rest.removeFirst() : character)
      default: unquoted.append(character)
      }
    }
    return quote == nil || !isWhole ? unquoted : nil
  }

  /// The paths that begin so, without quotes; folders end with a slash. Hidden names only if the beginning is one.
  static func completions(of typed: String) -> [String] {
    let literal = literalCompletions(of: typed)
    guard literal.isEmpty, let unquoted = unquoted(typed, isWhole: false), unquoted != typed else { return literal }
    return literalCompletions(of: unquoted)
  }

  private static func literalCompletions(of typed: String) -> [String] {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let beginning = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    let path = folder.isEmpty ? "." : expanded(folder)
    return ((try? File.nameBytes(inDirectory: bytes(of: path))) ?? []).map { String(decoding: $0, as: UTF8.self) }
      .filter {
        name in
        // Names that cannot be shown are left out.
        name.hasPrefix(beginning) && (!name.hasPrefix(".") || beginning.hasPrefix("."))
          && CleanText.string(from: name) == name
      }.map { name in
        let isFolder = (try? File.status(bytes(of: "\(path)/\(name)")))?.isDirectory == true
        return folder + name + (isFolder ? "/" : "")
      }
  }
}
