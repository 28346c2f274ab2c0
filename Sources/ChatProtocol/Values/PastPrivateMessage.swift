/// A private message from the log of private messages.
package struct PastPrivateMessage: Equatable, Sendable {
  package var time: Timestamp
  package var message: PrivateMessage

  package init(time: Timestamp, message: PrivateMessage) {
    self.time = time
    self.message = message
  }
}

extension PastPrivateMessage: CodedRecord {
  package static let meaning = "a private message"
  package static let blank = PastPrivateMessage(time: .first, message: .blank)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &message.id)
    try coder.field("time", &time)
    try coder.field("from", &message.from)
    try coder.field("to", &message.to)
    try coder.field("text", &message.text)
  }
}

/// Which part of a conversation of two accounts is asked for.
package enum ConversationPage: Equatable, Sendable {
  case last(Int?)
  case from(HistoryPlace)
  case found(String, before: MessageID?)
}
