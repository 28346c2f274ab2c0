import ChatProtocol

extension Timestamp {
  /// Reads an instant as people write it into files: RFC 3339 with `Z` or an offset, `T` or a space in the middle, or a
  /// bare date, which means its first instant in UTC. nil for anything else.
  init?(handWritten text: String) {
    if let time = Timestamp(text) {
      self = time
      return
    }
    var bytes = Array(text.utf8)
    if bytes.count == 10 { bytes += "T00:00:00Z".utf8 }
    guard bytes.count > 19 else { return nil }
    if bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "t") { bytes[10] = UInt8(ascii: "T") }
    if bytes.last == UInt8(ascii: "z") { bytes[bytes.count - 1] = UInt8(ascii: "Z") }
    if bytes.last == UInt8(ascii: "Z") {
      self.init(utf8: bytes)
      return
    }
    guard let offset = Timestamp.offset_ms(bytes.suffix(6)) else { return nil }
    bytes.replaceSubrange(bytes.count - 6..<bytes.count, with: [UInt8(ascii: "Z")])
    guard let local = Timestamp(utf8: bytes) else { return nil }
    self = local.adding(milliseconds: -offset)
  }

  /// `+01:00` in milliseconds.
  private static func offset_ms(_ bytes: ArraySlice<UInt8>) -> Int64? {
    let text = Array(bytes)
    guard text.count == 6, text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"), text[3] == UInt8(ascii: ":"),
      [1, 2, 4, 5].allSatisfy({ text[$0].isASCIIDigit })
    else { return nil }
    func number(at index: Int) -> Int64 { Int64(text[index] - 48) * 10 + Int64(text[index + 1] - 48) }
    guard number(at: 1) < 24, number(at: 4) < 60 else { return nil }
    let offset = (number(at: 1) * 60 + number(at: 4)) * 60_000
    return text[0] == UInt8(ascii: "-") ? -offset : offset
  }

  static let handWrittenRule = "write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z, or leave it empty"
}
