import ChatProtocol

/// Lines with a password, token or ticket are saved nowhere.
enum TypedSecrets {
  static func mayBeKept(_ line: String) -> Bool {
    let parts = line.split(separator: " ")
    guard let word = parts.first, word.hasPrefix("/"), !word.hasPrefix("//") else { return true }
    let name = word.dropFirst().lowercased()
    // A misspelled command too.
    let meant = CommandTable.nearest(to: name) ?? name
    guard let definition = CommandTable.definition(of: name) ?? CommandTable.definition(of: meant) else { return true }
    let names = definition.usage.argumentNames
    guard let first = names.firstIndex(where: { $0.contains(where: definition.secrets.contains) }) else { return true }
    // In place of a secret an option can be typed: `/create ROOM --open`.
    return parts.count <= 1 + first || names[first].contains { $0.hasPrefix("--") && $0 == parts[1 + first] }
  }
}
