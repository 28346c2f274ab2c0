import ChatProtocol
import JSON
import Terminal
import Text

/// Prints an answer part by part as it arrives, so that a list of any length needs the memory of one part.
///
/// As JSON, all parts together are one document on one line. In a table the first part sets the columns' widths; if a
/// later row needs more, they are wider from that row on.
struct ReplyPrinter {
  let request: ControlRequest
  let isJSON: Bool
  let text: ReplyText
  private var widths: [Int] = []
  private var hasBegun = false
  private var hasRows = false
  /// How many changes the parts of a `reload` had.
  private var changeCount = 0
  /// The id of the last event.
  private var position: LogPosition?
  private var eventWidths = EventWidths()

  init(_ request: ControlRequest, json: Bool, columnsMax: Int?) {
    self.request = request
    isJSON = json
    text = ReplyText(columnsMax: columnsMax)
  }

  /// The text of a part that more parts follow.
  mutating func part(_ reply: ControlReply) -> String { text(of: reply, isLast: false) }
  mutating func last(_ reply: ControlReply) -> String { text(of: reply, isLast: true) }

  /// Lines with their ends, without control characters.
  static func clean(_ lines: [String]) -> String { lines.map { CleanText.string(from: $0) + "\n" }.joined() }

  private mutating func text(of reply: ControlReply, isLast: Bool) -> String {
    defer { hasBegun = true }
    switch reply {
    case .messages, .lines, .events: return stream(reply, isLast: isLast)
    case _ where isJSON: return json(reply, isLast: isLast)
    case .reloaded(let reload):
      changeCount += reload.changes.count
      return Self.clean(text.changes(reload) + (isLast ? text.summary(of: reload, changeCount: changeCount) : []))
    default:
      guard let list = text.list(reply) else { return Self.clean(text.lines(reply, to: request)) }
      let lines = list.table.lines(columnsMax: text.columnsMax, continuing: &widths, withHeader: !hasBegun)
      return Self.clean(lines + (!hasBegun && isLast && list.table.isEmpty ? [list.ifEmpty] : []))
    }
  }

  /// Every row is a line or, as JSON, a document of its own.
  private mutating func stream(_ reply: ControlReply, isLast: Bool) -> String {
    if case .events(let events) = reply, let last = events.last { position = last.id }
    let rows = reply.json.members?[0].value.array ?? []
    if !rows.isEmpty { hasRows = true }
    if isJSON { return Self.clean(rows.map { String(decoding: $0.compact, as: UTF8.self) }) }
    if isLast, !hasRows { return if case .messages = reply { "no messages\n" } else { "no matching lines\n" } }
    guard case .events(let events) = reply else { return Self.clean(text.lines(reply, to: request)) }
    return Self.clean(events.map { text.event($0, &eventWidths) })
  }

  /// A part is `{"users":[…]}` or `{"reloaded":{"changes":[…],…}}` like the whole. Only the first prints what precedes
  /// the rows, only the last what follows them.
  private mutating func json(_ reply: ControlReply, isLast: Bool) -> String {
    var frame = reply.json
    guard hasBegun || !isLast, let rows = frame.takeRows() else { return clean(frame) + "\n" }
    let text = clean(frame)
    let rowsStart = text.firstIndex(of: "[").map { text.index(after: $0) } ?? text.endIndex
    let separator = hasRows && !rows.isEmpty ? "," : ""
    if !rows.isEmpty { hasRows = true }
    return (hasBegun ? "" : text[..<rowsStart]) + separator + clean(.array(rows)).dropFirst().dropLast()
      + (isLast ? text[rowsStart...] + "\n" : "")
  }

  private func clean(_ json: JSONValue) -> String {
    CleanText.string(from: String(decoding: json.compact, as: UTF8.self))
  }

  /// An error that ends a stream, with how to resume it.
  func resumable(_ error: AdminError) -> AdminError {
    guard request.isFollowing, let position, error.status != .inputOutput else { return error }
    var error = error
    error.message += "; resume with: chat-admin watch --since \(position)"
    return error
  }
}

extension JSONValue {
  /// Takes out the rows of an answer that may come in parts: the content of its first array.
  fileprivate mutating func takeRows() -> [JSONValue]? {
    if let rows = array {
      self = .array([])
      return rows
    }
    guard let first = members?.first else { return nil }
    return self[first.name]?.takeRows()
  }
}
