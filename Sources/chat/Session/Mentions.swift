import ChatProtocol

extension ReceivedEvent {
  /// Whether the event is for this user: a message that mentions them, or a private one.
  func mentions(_ context: UserContext) -> Bool {
    switch content {
    case .event(.message(let message)): message.mentions(context.user)
    case .event(.privateMessage(let message)): message.from != context.user
    default: false
    }
  }
}

extension RoomMessage {
  /// Whether another user's message contains this user's name as a word of its own, in any case.
  func mentions(_ user: Name?) -> Bool {
    guard let user, from != user, !isOwn else { return false }
    return text.lowercased().containsName(user.text.lowercased())
  }
}

extension String {
  /// Whether `name` is in the text and not part of a longer name. A full stop or a hyphen ends the name unless the name
  /// continues after it.
  fileprivate func containsName(_ name: String) -> Bool {
    var rest = self[...]
    while let found = rest.firstRange(of: name) {
      let before = self[..<found.lowerBound].last
      let after = self[found.upperBound...].drop { $0 == "." || $0 == "-" }.first
      let isLonger = after.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
      if !(before?.isPartOfName ?? false), !isLonger { return true }
      rest = self[found.upperBound...]
    }
    return false
  }
}

extension Character {
  fileprivate var isPartOfName: Bool { isLetter || isNumber || self == "_" || self == "-" || self == "." }
}
