import ChatProtocol
import JSON
import Terminal
import Text

/// What is printed of an answer, piece by piece as it comes: however long a list is, no more than a part of it is held.
///
/// As JSON all pieces together are one document on one line. In a table the first part sets the columns' widths, and where a
/// later row needs more, they are wider from there on.
struct AnswerText {
  private let request: ControlRequest
  private let isJSON: Bool
  private let text: AdminText
  private var widths: [Int] = []
  private var hasBegun = false
  private var hasRows = false

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
    if isJSON { return json(reply, isLast: isLast) }
    guard let table = text.table(reply) else { return AnswerText.clean(text.lines(reply, to: request)) }
    let lines = table.lines(columnsMax: text.columnsMax, continuing: &widths, withHeader: !hasBegun)
    let isEmpty = !hasBegun && isLast && table.isEmpty
    return AnswerText.clean(lines + (isEmpty ? [text.nothing(of: reply)] : []))
  }

  /// A part is `{"users":[…]}` like the whole: only the first piece has what stands before the rows, only the last what
  /// stands behind them.
  private mutating func json(_ reply: ControlReply, isLast: Bool) -> String {
    let json = reply.json
    let whole = CleanText.string(from: String(decoding: json.compact, as: UTF8.self))
    guard let members = json.members, members.count == 1, let rows = members[0].value.array,
      hasBegun || !isLast
    else { return whole + "\n" }
    let before = "{\"\(members[0].name)\":[".count
    let inside = whole.dropFirst(before).dropLast(2)
    let separator = hasRows && !rows.isEmpty ? "," : ""
    if !rows.isEmpty { hasRows = true }
    return (hasBegun ? "" : String(whole.prefix(before))) + separator + inside + (isLast ? "]}\n" : "")
  }
}
