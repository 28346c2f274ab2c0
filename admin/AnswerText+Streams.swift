import ChatProtocol
import JSON

// What goes on, or may be long: every row is a line or, as JSON, a document of its own.
extension AnswerText {
  mutating func stream(_ reply: ControlReply, isLast: Bool) -> String {
    if case .events(let events) = reply, let last = events.last { place = last.id }
    let rows = reply.json.members?[0].value.array ?? []
    if !rows.isEmpty { hasRows = true }
    if isJSON { return AnswerText.clean(rows.map { String(decoding: $0.compact, as: UTF8.self) }) }
    if isLast, !hasRows { return if case .messages = reply { "no messages\n" } else { "no such lines\n" } }
    guard case .events(let events) = reply else { return AnswerText.clean(text.lines(reply, to: request)) }
    return AnswerText.clean(events.map { text.event($0, &eventWidths) })
  }

  /// Why it ended, and how to go on where it did.
  func withPlace(_ failure: AdminError) -> AdminError {
    guard request.isFollowing, let place, failure.status != .inputOutput else { return failure }
    var failure = failure
    failure.message += "; 'chat-admin watch --since \(place)' tells what came after what was told"
    return failure
  }
}

extension ControlReply {
  var isStream: Bool {
    switch self {
    case .messages, .lines, .events: true
    default: false
    }
  }
}
