import ChatCore
import ChatProtocol

/// One connection without a socket: its input that is not handled yet, and its output that is not received yet.
struct MemoryClient {
  let id: SessionID
  var framer: LineFramer
  var dialect = Dialect.text
  var isClosed = false
  private let lineBytesMax: Int
  private var lines: [String] = []

  init(id: SessionID, lineBytesMax: Int) {
    self.id = id
    self.lineBytesMax = lineBytesMax
    framer = LineFramer(lineBytesMax: lineBytesMax)
  }

  /// The next line of its input, parsed; nil until a line is complete.
  mutating func nextInput() -> Input? {
    guard !isClosed, let frame = framer.next() else { return nil }
    switch frame {
    case .line(let range):
      switch CommandParser.parse(framer.buffer.span.extracting(range)) {
      case .success(let command):
        return .command(id, command)
      case .failure(let error): return .invalidCommand(id, error)
      }
    case .tooLong(let range):
      return .invalidCommand(
        id, CommandParser.tooLong(prefix: framer.buffer.span.extracting(range), limit: lineBytesMax))
    }
  }

  /// Appends whole lines with their ends.
  mutating func deliver(_ bytes: [UInt8]) {
    lines += bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func receive() -> Received {
    guard lines.isEmpty else { return .line(lines.removeFirst()) }
    return isClosed ? .closed : .nothing
  }
}

/// A replacement for the kernel's random bytes, the same in every run.
struct SeededBytes {
  private var state: UInt64 = 20_261_120

  mutating func take(_ count: Int) -> [UInt8] { (0..<count).map { _ in next() } }

  /// The generator splitmix64, one byte of each number.
  private mutating func next() -> UInt8 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return UInt8(truncatingIfNeeded: mixed ^ (mixed >> 31))
  }
}
