import Testing

@testable import ChatProtocol

/// The frames of a stream that arrives in pieces, each with its bytes.
func frames(of pieces: [[UInt8]], lineBytesMax: Int = 8) -> [String] {
  var framer = LineFramer(lineBytesMax: lineBytesMax)
  var frames: [String] = []
  func note(_ frame: LineFramer.Frame) {
    switch frame {
    case .line(let range): frames.append(String(decoding: framer.buffer[range], as: UTF8.self))
    case .tooLong(let prefix): frames.append("too long: " + String(decoding: framer.buffer[prefix], as: UTF8.self))
    }
  }
  for piece in pieces {
    framer.append(piece.span)
    while let frame = framer.next() { note(frame) }
  }
  while let frame = framer.finish() { note(frame) }
  #expect(framer.bufferedBytes == 0)
  return frames
}

/// A stream and its frames with a limit of 8 bytes.
private let streams: [(stream: String, frames: [String])] = [
  ("", []),
  ("hello\n", ["hello"]),
  ("hello\r\n", ["hello"]),
  ("hello\r\r\n", ["hello\r"]),
  ("a\nb\r\n\n\r\nc", ["a", "b", "", "", "c"]),
  ("a\rb\n", ["a\rb"]),
  ("unended", ["unended"]),
  ("unended\r", ["unended"]),
  ("12345678\n", ["12345678"]),
  ("12345678\r\n", ["12345678"]),
  ("12345678\r", ["12345678"]),
  ("12345678", ["12345678"]),
  ("123456789\n", ["too long: 12345678"]),
  ("123456789\r\nnext\n", ["too long: 12345678", "next"]),
  ("12345678\r\r\nnext\n", ["too long: 12345678", "next"]),
  ("12345678\rx\nnext\n", ["too long: 12345678", "next"]),
  ("123456789", ["too long: 12345678"]),
  ("1234567890123456789012345678901234567890\nnext\nlast", ["too long: 12345678", "next", "last"]),
  ("1234567890123\n1234567890123\nnext", ["too long: 12345678", "too long: 12345678", "next"]),
]

@Test(arguments: streams)
func `a stream has the same frames whole, byte by byte and in halves`(stream: String, expected: [String]) {
  let bytes = Array(stream.utf8)
  #expect(frames(of: [bytes]) == expected)
  #expect(frames(of: bytes.map { [$0] }) == expected)
  for cut in bytes.indices { #expect(frames(of: [Array(bytes[..<cut]), Array(bytes[cut...])]) == expected) }
}

@Test(arguments: streams)
func `the rest of a piece is kept for the next line`(stream: String, expected: [String]) {
  guard stream.utf8.last == UInt8(ascii: "\n") else { return }
  let bytes = Array((stream + "trail").utf8)
  #expect(frames(of: [bytes, Array("ing\n".utf8)]) == expected + ["trailing"])
}

@Test func `an idle connection holds no buffer`() {
  var framer = LineFramer(lineBytesMax: 4096)
  framer.append(Array("hello\nworld\n".utf8).span)
  #expect(framer.bufferedBytes == 12)
  while framer.next() != nil {}
  #expect(framer.buffer.capacity == 0)
  framer.append(Array("half a line".utf8).span)
  #expect(framer.next() == nil)
  #expect(framer.bufferedBytes == 11)
  #expect(framer.buffer.capacity > 0)
}

@Test func `an unfinished line after many whole ones takes little more than its bytes`() {
  var framer = LineFramer(lineBytesMax: 4096)
  framer.append(Array((String(repeating: "hello\n", count: 10_000) + "and half").utf8).span)
  while framer.next() != nil {}
  #expect(framer.heldBytes <= 2 * 8 + LineFramer.heldBytesSlack)
  framer.append(Array(" a line\n".utf8).span)
  guard case .line(let range) = framer.next() else { return #expect(Bool(false)) }
  #expect(framer.buffer[range].elementsEqual("and half a line".utf8))
}

@Test func `an unfinished line at the start of a large buffer takes little more than its bytes`() {
  var framer = LineFramer(lineBytesMax: 4096)
  framer.append(Array(String(repeating: "x", count: 60_000).utf8).span)
  // Half a line is at the front of a buffer with capacity for everything received before it.
  framer.lineBytesMax = 0
  #expect(framer.next() == nil)
  framer.append(Array("\nhalf".utf8).span)
  #expect(framer.next() != nil && framer.next() == nil)
  #expect(framer.heldBytes <= 2 * 4 + LineFramer.heldBytesSlack)
}

@Test func `a trimmed copy has no spare capacity`() {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(1 << 20)
  bytes += [1, 2, 3]
  let copy = [UInt8](trimmed: bytes[...])
  #expect(copy == [1, 2, 3] && copy.capacity < 100)
}

@Test func `a line without an end takes no memory beyond the limit`() {
  var framer = LineFramer(lineBytesMax: 100)
  let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 50)
  var reports = 0
  for _ in 0..<10_000 {
    framer.append(piece.span)
    while framer.next() != nil { reports += 1 }
    #expect(framer.buffer.count <= 150)
  }
  #expect(reports == 1)
  #expect(framer.buffer.capacity == 0)
  framer.append(Array("\nnext\n".utf8).span)
  #expect(framer.next() == .line(0..<4))
}

@Test func `the bytes after many lines are not moved for each of them`() {
  var framer = LineFramer(lineBytesMax: 0)
  let lines = Array(String(repeating: "hello\n", count: 1000).utf8)
  for _ in 0..<10 { framer.append(lines.span) }
  // One line is taken per piece: consumed bytes are removed only when they are more than half of the buffer.
  var largest = 0
  for _ in 0..<9_000 {
    #expect(framer.next() != nil)
    framer.append(Array("x\n".utf8).span)
    largest = max(largest, framer.buffer.count)
  }
  #expect(largest <= 2 * 10 * lines.count)
}
