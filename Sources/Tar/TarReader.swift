/// Takes a tar archive apart, whatever pieces it comes in: bytes in, members out, no I/O. What it holds at a time is what
/// was appended last.
///
/// It reads what `TarMember` writes, and the like of other programs; a header that would change what another means is a
/// fault.
package struct TarReader: Sendable {
  package enum Event: Equatable, Sendable {
    /// A member begins.
    case member(TarMember)
    /// Bytes of it, in `buffer`.
    case bytes(Range<Int>)
    /// The member is whole.
    case memberEnd
    /// The archive is whole.
    case end
  }

  /// Where the ranges of events point. They hold until the next call that changes the reader.
  package private(set) var buffer: [UInt8] = []
  private var start = 0
  private var state = State.header
  /// What the last extended header says of the size of the member behind it.
  private var extendedSize: Int64?

  private enum State: Equatable {
    case header
    /// So many bytes of the member are to come, and then zeros.
    case bytes(left: Int64, padding: Int)
    case padding(Int)
    /// The same of an extended header, whose bytes are wanted all at once.
    case extended(size: Int, padding: Int)
    /// The first block of zeros has come.
    case ending
    case over
  }

  /// An extended header of ours is a line.
  private static let extendedBytes_max: Int64 = 64 << 10

  package init() {}

  package mutating func append(_ bytes: Span<UInt8>) {
    buffer.removeSubrange(..<start)
    start = 0
    unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  /// What comes next; nil until more bytes come.
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
      guard member.size <= TarReader.extendedBytes_max, extendedSize == nil else { throw .foreignHeader }
      state = .extended(size: Int(member.size), padding: padding)
      return nil
    }
    member.size = extendedSize ?? member.size
    extendedSize = nil
    state = .bytes(left: member.size, padding: padding)
    return .member(member)
  }

  /// The one thing that an extended header may say here.
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
    // The magic of POSIX, and the one that GNU tar has written by default.
    let magic = bytes(.magic)
    guard magic.elementsEqual(Self.magic) || magic.elementsEqual("ustar  \u{0}".utf8) else { throw .noHeader }
    guard try octal(.checksum) == Self.checksum(of: header) else { throw .damagedHeader }
    guard try text(.prefix).isEmpty else { throw .foreignHeader }
    self.init(
      name: try text(.name), size: try octal(.size), modified_s: try octal(.modified),
      mode: UInt32(truncatingIfNeeded: try octal(.mode)), userID: UInt32(truncatingIfNeeded: try octal(.userID)),
      groupID: UInt32(truncatingIfNeeded: try octal(.groupID)))
    let letter = bytes(.kind).first ?? 0
    // A zero is a plain file as well, from before ustar.
    kind = letter == Self.plain || letter == 0 ? .file : .other(letter)
  }
}

/// Why bytes are no archive as this module reads it.
package enum TarError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What should be a header is none.
  case noHeader
  /// A header's checksum does not fit.
  case damagedHeader
  /// A header that this module does not write and does not understand.
  case foreignHeader
  /// Something stands behind the archive's end.
  case notOver

  package var description: String {
    switch self {
    case .noHeader: "what should be a header of a tar archive is none"
    case .damagedHeader: "a header of the tar archive is damaged: its checksum does not fit"
    case .foreignHeader: "a header of the tar archive says what is not understood"
    case .notOver: "something follows behind the end of the tar archive"
    }
  }
}
