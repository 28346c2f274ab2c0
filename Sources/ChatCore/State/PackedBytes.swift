package import ChatProtocol

// How the rows of a `PackedTable` are written as bytes: only this process reads them, and only what it wrote.
extension [UInt8] {
  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  package mutating func append(packed count: Int) {
    var rest = count
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  package mutating func append(packed text: String) {
    append(packed: text.utf8.count)
    append(contentsOf: text.utf8)
  }

  package mutating func append(packed time: Timestamp) {
    for shift in stride(from: Int64(0), to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: time.milliseconds >> shift))
    }
  }
}

/// Reads what the methods above wrote, in the same order.
package struct PackedReader {
  var position: Int

  package mutating func byte(in bytes: Span<UInt8>) -> UInt8 {
    defer { position += 1 }
    return bytes[position]
  }

  package mutating func count(in bytes: Span<UInt8>) -> Int {
    var value = 0
    var shift = 0
    while true {
      let byte = byte(in: bytes)
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  package mutating func text(in bytes: Span<UInt8>) -> String {
    let count = count(in: bytes)
    defer { position += count }
    guard let text = try? UTF8Span(validating: bytes.extracting(position..<position + count)) else {
      preconditionFailure("what was packed was a String")
    }
    return String(copying: text)
  }

  mutating func skipText(in bytes: Span<UInt8>) {
    let count = count(in: bytes)
    position += count
  }

  package mutating func name(in bytes: Span<UInt8>) -> Name { Name(text(in: bytes))! }

  package mutating func time(in bytes: Span<UInt8>) -> Timestamp {
    var milliseconds: Int64 = 0
    for shift in stride(from: Int64(0), to: 64, by: 8) { milliseconds |= Int64(byte(in: bytes)) << shift }
    return Timestamp(milliseconds: milliseconds)
  }
}
