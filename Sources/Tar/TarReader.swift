/// Reads a tar archive in pieces of any length: bytes in, members out, no I/O. It holds only the bytes appended last.
///
/// It reads what `TarMember` writes, and similar archives of other programs. A header that would change the meaning of
/// another is an error.
package struct TarReader: Sendable {
  package enum Event: Equatable, Sendable {
    case member(TarMember)
    /// Bytes of the member, in `buffer`.
    case bytes(Range<Int>)
    case memberEnd
    /// The end of the archive.
    case end
  }

  /// Ranges of events are valid in it until the next call that changes the reader.
  package private(set) var buffer: [UInt8] = []
  private var start = 0
  private var state = State.header
  /// The size of the next member in the last pax header.
  private var extendedSize: Int64?

  private enum State: Equatable {
    case header
    /// The bytes of a member that are left, and its padding.
    case bytes(left: Int64, padding: Int)
    case padding(Int)
    /// The same for a pax header, which is read at once.
    case extended(size: Int, padding: Int)
    /// After the first block of zeros.
    case ending
    case over
  }

  /// Our pax headers are one line.
  private static let extendedBytesMax: Int64 = 64 << 10

  package init() {}

  package mutating func append(_ bytes: Span<UInt8>) {
    buffer.removeSubrange(..<start)
    start = 0
    unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  /// The next event; nil until more bytes are appended.
  package mutating func next() throws(TarError) -> Event? {
    while true {
      let waiting = buffer.count - start
      switch state {
      case .bytes(let left, let padding) where left > 0:
        guard waiting > 0 else { return nil }
        let count = Int(min(left, Int64(waiting)))
        defer { start += count }
        state = .bytes(left: left - Int64(count), padding: padding)
        return .bytes(start..<start + count)
      case .bytes(_, let padding):
        state = .padding(padding)
        return .memberEnd
      case .padding(let count):
        guard waiting >= count else { return nil }
        start += count
        state = .header
      case .extended(let size, let padding):
        guard waiting >= size + padding else { return nil }
        extendedSize = try TarReader.size(inExtended: buffer[start..<start + size])
        start += size + padding
        state = .header
      case .header, .ending:
        guard waiting >= TarMember.blockBytes else { return nil }
        let block = buffer[start..<start + TarMember.blockBytes]
        start += TarMember.blockBytes
        if let event = try take(block) { return event }
      case .over:
        guard buffer[start...].allSatisfy({ $0 == 0 }) else { throw .notOver }
        start = buffer.count
        return nil
      }
    }
  }

  private mutating func take(_ block: ArraySlice<UInt8>) throws(TarError) -> Event? {
    if block.allSatisfy({ $0 == 0 }) {
      guard state == .ending else {
        state = .ending
        return nil
      }
      state = .over
      return .end
    }
    guard state == .header else { throw .noHeader }
    var member = try TarMember(header: block)
    let padding = TarMember.padding(behind: extendedSize ?? member.size)
    if member.kind == .other(TarMember.extended) {
      guard member.size <= TarReader.extendedBytesMax, extendedSize == nil else { throw .foreignHeader }
      state = .extended(size: Int(member.size), padding: padding)
      return nil
    }
    member.size = extendedSize ?? member.size
    extendedSize = nil
    state = .bytes(left: member.size, padding: padding)
    return .member(member)
  }

  /// A pax header may have a size and nothing else.
  private static func size(inExtended bytes: ArraySlice<UInt8>) throws(TarError) -> Int64 {
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, Int(parts[0]) == bytes.count, parts[1].hasPrefix("size="), parts[1].last == "\n",
      let size = Int64(parts[1].dropFirst("size=".count).dropLast()), size >= 0
    else { throw .foreignHeader }
    return size
  }
}

extension TarMember {
  fileprivate init(header: ArraySlice<UInt8>) throws(TarError) {
    func bytes(_ field: Field) -> ArraySlice<UInt8> { header[(header.startIndex + field.start)...].prefix(field.count) }
    func text(_ field: Field) throws(TarError) -> String {
      guard let text = String(validating: bytes(field).prefix { $0 != 0 }, as: UTF8.self) else { throw .foreignHeader }
      return text
    }
    func octal(_ field: Field) throws(TarError) -> Int64 {
      let digits = bytes(field).drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
      if digits.isEmpty { return 0 }
      guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
        let number = Int64(String(decoding: digits, as: UTF8.self), radix: 8)
      else { throw .foreignHeader }
      return number
    }
    // The magic of POSIX, and that of GNU tar.
    let magic = bytes(.magic)
    guard magic.elementsEqual(Self.magic) || magic.elementsEqual("ustar  \u{0}".utf8) else { throw .noHeader }
    guard try octal(.checksum) == Self.checksum(of: header) else { throw .damagedHeader }
    guard try text(.prefix).isEmpty else { throw .foreignHeader }
    self.init(
      name: try text(.name), size: try octal(.size), modifiedSeconds: try octal(.modified),
      mode: UInt32(truncatingIfNeeded: try octal(.mode)), userID: UInt32(truncatingIfNeeded: try octal(.userID)),
      groupID: UInt32(truncatingIfNeeded: try octal(.groupID)))
    let letter = bytes(.kind).first ?? 0
    // Before ustar the type of a plain file was a zero.
    kind = letter == Self.plain || letter == 0 ? .file : .other(letter)
  }
}

/// Why bytes are not a valid archive.
package enum TarError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Something other than a header where one should be.
  case noHeader
  /// A header with a wrong checksum.
  case damagedHeader
  /// A header that this module cannot read.
  case foreignHeader
  /// Data behind the archive's end.
  case notOver

  package var description: String {
    switch self {
    case .noHeader: "the tar archive lacks a header"
    case .damagedHeader: "a header of the tar archive is damaged: its checksum is wrong"
    case .foreignHeader: "a header of the tar archive is not supported"
    case .notOver: "there is data behind the end of the tar archive"
    }
  }
}
