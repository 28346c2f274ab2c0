import ChatProtocol

/// What the kernel refused for one session: copied out of the streams, so that these can be emptied after each flush
/// whatever a slow reader does.
struct Backlog {
  private var bytes: [UInt8] = []
  private var start = 0
  /// Whether what was sent so far ends with a line's end.
  private var isAtLineStart: Bool
  /// It holds the rest of a line and perhaps one last line, and takes nothing more: the session is to be closed.
  private(set) var isCut = false

  /// Of bytes that were offered, all after the first `taken`.
  init(of offered: Span<UInt8>, after taken: Int) {
    // Nothing else waited, so what was sent before these ended with a line's end.
    isAtLineStart = taken == 0 || offered[taken - 1] == UInt8(ascii: "\n")
    append(offered.extracting(taken...))
  }

  /// The same, cut at once.
  init(restOfLineOf offered: Span<UInt8>, after taken: Int) {
    isAtLineStart = taken == 0 || offered[taken - 1] == UInt8(ascii: "\n")
    isCut = true
    guard !isAtLineStart else { return }
    var end = taken
    while end < offered.count, offered[end] != UInt8(ascii: "\n") { end += 1 }
    append(offered.extracting(taken..<min(end + 1, offered.count)))
  }

  var count: Int { bytes.count - start }
  /// The memory it takes.
  var heldBytes: Int { bytes.capacity }

  mutating func append(_ more: Span<UInt8>) {
    if start > bytes.count / 2 {
      bytes.removeSubrange(..<start)
      start = 0
    }
    // A Span can be read byte by byte only; through the buffer it is one copy. The pointer stays inside the closure.
    unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  func withBytes<Value>(_ body: (Span<UInt8>) -> Value) -> Value {
    body(bytes.span.extracting(start...))
  }

  mutating func removeFirst(_ count: Int) {
    guard count > 0 else { return }
    start += count
    isAtLineStart = bytes[start - 1] == UInt8(ascii: "\n")
  }

  /// Drops all but the rest of the line that was begun, so that another line may follow.
  mutating func cutAfterLine() {
    isCut = true
    let lineEnd = isAtLineStart ? start : (bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
    bytes = [UInt8](trimmed: bytes[start..<lineEnd])
    start = 0
  }
}
