import ChatProtocol
import JSON
import Terminal
import Text

/// What is printed of an answer, piece by piece as it comes: however long a list is, no more than a part of it is held.
///
/// As JSON all pieces together are one document on one line. In a table the first part sets the columns' widths, and where a
/// later row needs more, they are wider from there on.
struct AnswerText {
  let request: ControlRequest
  let isJSON: Bool
  let text: AdminText
  private var widths: [Int] = []
  private var hasBegun = false
  var hasRows = false
  /// How many changes the parts of a `reload` told.
  private var changeCount = 0
  /// Up to where events were told.
  var place: LogPosition?
  var eventWidths = EventWidths()

  init(_ request: ControlRequest, json: Bool, columnsMax: Int?) {
    self.request = request
    isJSON = json
    text = AdminText(columnsMax: columnsMax)
  }

  /// What more follows to.
  mutating func part(_ reply: ControlReply) -> String { piece(reply, isLast: false) }
  mutating func last(_ reply: ControlReply) -> String { piece(reply, isLast: true) }

  /// Lines with their ends, not a byte of which is obeyed by a terminal.
  static func clean(_ lines: [String]) -> String { lines.map { CleanText.string(from: $0) + "\n" }.joined() }

  private mutating func piece(_ reply: ControlReply, isLast: Bool) -> String {
    defer { hasBegun = true }
    if reply.isStream { return stream(reply, isLast: isLast) }
    if isJSON { return json(reply, isLast: isLast) }
    if case .reloaded(let reload) = reply {
      changeCount += reload.changes.count
      return AnswerText.clean(
        text.changes(reload) + (isLast ? text.outcome(of: reload, changeCount: changeCount) : []))
    }
    guard let table = text.table(reply) else { return AnswerText.clean(text.lines(reply, to: request)) }
    let lines = table.lines(columnsMax: text.columnsMax, continuing: &widths, withHeader: !hasBegun)
    let isEmpty = !hasBegun && isLast && table.isEmpty
    return AnswerText.clean(lines + (isEmpty ? [text.nothing(of: reply)] : []))
  }

  /// A part is `{"users":[…]}` or `{"reloaded":{"changes":[…],…}}` like the whole: only the first piece has what stands before
  /// the rows, only the last what stands behind them.
  private mutating func json(_ reply: ControlReply, isLast: Bool) -> String {
    var frame = reply.json
    guard hasBegun || !isLast, let rows = frame.takeRows() else { return clean(frame) + "\n" }
    let (before, behind) = clean(frame).cut(behind: "[")
    let separator = hasRows && !rows.isEmpty ? "," : ""
    if !rows.isEmpty { hasRows = true }
    let inside = clean(.array(rows)).dropFirst().dropLast()
    return (hasBegun ? "" : before) + separator + inside + (isLast ? behind + "\n" : "")
  }

  private func clean(_ json: JSONValue) -> String {
    CleanText.string(from: String(decoding: json.compact, as: UTF8.self))
  }
}

extension JSONValue {
  /// Takes out the rows of an answer that may come in parts: what stands in the first array, which is empty then.
  fileprivate mutating func takeRows() -> [JSONValue]? {
    if let rows = array {
      self = .array([])
      return rows
    }
    guard let first = members?.first else { return nil }
    return self[first.name]?.takeRows()
  }
}

extension String {
  /// Up to and with the first such character, and the rest.
  fileprivate func cut(behind character: Character) -> (String, String) {
    guard let place = firstIndex(of: character) else { return (self, "") }
    return (String(self[...place]), String(self[index(after: place)...]))
  }
}
