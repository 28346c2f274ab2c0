import ChatProtocol

/// Whose row a change is of: a name's, or a ban or mute.
enum JournalKey: Hashable, Sendable {
  case name(Name)
  case restriction(Restriction.Key)

  /// No name has a space in it.
  var text: String {
    switch self {
    case .name(let name): name.key
    case .restriction(let key):
      switch key.subject {
      case .user(let name): "\(key.kind.rawValue) user \(name.key)"
      case .addresses(let block): "\(key.kind.rawValue) address \(block)"
      }
    }
  }

  /// Reads what `text` gives; nil for what is no key of that file.
  init?(_ text: String, in file: JournaledFile) {
    if let name = Name(text) {
      self = .name(name)
      return
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard file == .state, words.count == 3, let kind = Restriction.Kind(rawValue: words[0]) else { return nil }
    let subject: Restriction.Subject? =
      switch words[1] {
      case "user": Name(words[2]).map { .user($0) }
      case "address" where kind == .ban: AddressBlock(words[2]).map { .addresses($0) }
      default: nil
      }
    guard let subject else { return nil }
    self = .restriction(Restriction.Key(kind, subject))
  }
}
