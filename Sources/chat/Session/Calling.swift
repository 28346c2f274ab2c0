import ChatProtocol

extension RoomMessage {
  /// Whether somebody else's message names this user: the name as a word of its own, in any case.
  func calls(_ user: Name?) -> Bool {
    guard let user, from != user, !isOwn else { return false }
    return text.lowercased().names(user.text.lowercased())
  }
}

extension String {
  /// Whether `name` stands in this text with no character beside it that could belong to a longer name. A full stop or a
  /// hyphen may end a sentence as well as go on in a name, so it ends one where nothing follows.
  fileprivate func names(_ name: String) -> Bool {
    var rest = self[...]
    while let found = rest.firstRange(of: name) {
      let before = self[..<found.lowerBound].last
      let after = self[found.upperBound...]
      if !(before?.isPartOfName ?? false), !after.goesOnAsName { return true }
      rest = self[found.upperBound...]
    }
    return false
  }
}

extension Substring {
  fileprivate var goesOnAsName: Bool {
    let marks = prefix { $0 == "." || $0 == "-" }
    guard let next = dropFirst(marks.count).first else { return false }
    return next.isLetter || next.isNumber || next == "_"
  }
}

extension Character {
  fileprivate var isPartOfName: Bool { isLetter || isNumber || self == "_" || self == "-" || self == "." }
}

extension ReceivedEvent {
  /// Whether somebody wants to be heard by the one who reads: a message that names them, or one for them alone.
  func calls(_ viewpoint: Viewpoint) -> Bool {
    switch content {
    case .event(.message(let message)): message.calls(viewpoint.user)
    case .event(.privateMessage(let message)): message.from != viewpoint.user
    default: false
    }
  }
}
