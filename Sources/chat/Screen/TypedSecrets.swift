import ChatProtocol

/// Lines that hold a password are remembered nowhere.
enum TypedSecrets {
  /// By the words that take one, misspelled or not.
  private static let words: Set<String> = ["login", "register", "passwd", "join", "create", "lock", "resume"]

  static func mayBeKept(_ line: String) -> Bool {
    let parts = line.split(separator: " ")
    guard let word = parts.first, word.hasPrefix("/"), !word.hasPrefix("//") else { return true }
    let name = word.dropFirst().lowercased()
    let meant = CommandTable.usage(of: name)?.name ?? CommandTable.nearest(to: name) ?? name
    guard words.contains(meant) else { return true }
    switch meant {
    case "join", "login", "register": return parts.count <= 2
    case "create": return parts.count <= 2 || parts[2] == "--open"
    default: return parts.count == 1
    }
  }
}
