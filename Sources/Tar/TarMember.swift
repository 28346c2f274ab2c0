/// A file in a tar archive of the ustar format, which POSIX describes under pax(1). An archive is a sequence of
/// members, each with its `header`, its bytes and `padding` zeros, and then `TarMember.end`.
package struct TarMember: Equatable, Sendable {
  /// A header has one block; a member's bytes are padded to whole blocks.
  package static let blockBytes = 512
  /// Two blocks of zeros.
  package static let end = [UInt8](repeating: 0, count: 2 * blockBytes)
  /// The greatest size in a ustar header. A larger file has a pax header too.
  static let sizeInHeaderMax: Int64 = 0o777_7777_7777
  static let nameBytesMax = 100

  package enum Kind: Equatable, Sendable {
    case file
    /// A folder, a link, a device and so on; the letter of the type.
    case other(UInt8)
  }

  package var name: String
  package var size: Int64
  /// The time of the last change, in seconds since 1970.
  package var modifiedSeconds: Int64
  /// The permission bits.
  package var mode: UInt32
  package var userID: UInt32
  package var groupID: UInt32
  package var kind = Kind.file

  package init(
    name: String, size: Int64, modifiedSeconds: Int64, mode: UInt32 = 0o600, userID: UInt32 = 0, groupID: UInt32 = 0
  ) {
    precondition(size >= 0, "a size is not negative")
    precondition(name.utf8.count <= Self.nameBytesMax, "a longer name needs a pax header")
    self.name = name
    self.size = size
    self.modifiedSeconds = modifiedSeconds
    self.mode = mode
    self.userID = userID
    self.groupID = groupID
  }

  /// The number of zeros after the bytes of a member.
  package static func padding(behind size: Int64) -> Int {
    Int((Int64(blockBytes) - size % Int64(blockBytes)) % Int64(blockBytes))
  }
}

// The layout of a header: offsets and lengths of fields.
extension TarMember {
  struct Field {
    var start: Int
    var count: Int

    static let name = Field(start: 0, count: 100)
    static let mode = Field(start: 100, count: 8)
    static let userID = Field(start: 108, count: 8)
    static let groupID = Field(start: 116, count: 8)
    static let size = Field(start: 124, count: 12)
    static let modified = Field(start: 136, count: 12)
    static let checksum = Field(start: 148, count: 8)
    static let kind = Field(start: 156, count: 1)
    static let magic = Field(start: 257, count: 8)
    static let prefix = Field(start: 345, count: 155)
  }

  /// "ustar", a zero, and the version.
  static let magic = Array("ustar\u{0}00".utf8)
  /// The types of pax headers and of plain files.
  static let extended = UInt8(ascii: "x")
  static let plain = UInt8(ascii: "0")

  /// The sum of the header's bytes, with its checksum counted as spaces.
  static func checksum(of header: ArraySlice<UInt8>) -> Int64 {
    var sum: Int64 = 0
    for (index, byte) in header.enumerated() {
      let isOwn = (Field.checksum.start..<Field.checksum.start + Field.checksum.count).contains(index)
      sum += Int64(isOwn ? UInt8(ascii: " ") : byte)
    }
    return sum
  }
}

extension TarMember {
  /// The header: one block, or three if the size does not fit.
  package var header: [UInt8] {
    guard size > Self.sizeInHeaderMax else { return block(name, size: size, kind: Self.plain) }
    let line = Self.extendedLine("size", "\(size)")
    var bytes = block("PaxHeader/\(name)".utf8Prefix(Self.nameBytesMax), size: Int64(line.count), kind: Self.extended)
    bytes += line
    bytes += [UInt8](repeating: 0, count: Self.padding(behind: Int64(line.count)))
    return bytes + block(name, size: 0, kind: Self.plain)
  }

  private func block(_ name: String, size: Int64, kind: UInt8) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ bytes: some Collection<UInt8>, _ field: Field) {
      block.replaceSubrange(field.start..<field.start + bytes.count, with: bytes)
    }
    /// Octal digits before the zero that ends the field; 0 for a number that does not fit.
    func put(octal number: Int64, _ field: Field) {
      let digits = String(max(0, number), radix: 8)
      let width = field.count - 1
      let fitting = digits.count <= width ? digits : "0"
      put((String(repeating: "0", count: width - fitting.count) + fitting).utf8, field)
    }
    put(name.utf8, .name)
    put(octal: Int64(mode), .mode)
    put(octal: Int64(userID), .userID)
    put(octal: Int64(groupID), .groupID)
    put(octal: size, .size)
    put(octal: modifiedSeconds, .modified)
    put([kind], .kind)
    put(Self.magic, .magic)
    // Six digits, a zero and a space.
    put(octal: Self.checksum(of: block[...]), Field(start: Field.checksum.start, count: 7))
    put([UInt8(ascii: " ")], Field(start: Field.checksum.start + 7, count: 1))
    return block
  }

  /// `19 size=8589934592` and a line end. The first number is the length of the whole line.
  private static func extendedLine(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count
    while "\(length)".utf8.count + rest.utf8.count != length { length = "\(length)".utf8.count + rest.utf8.count }
    return Array("\(length)\(rest)".utf8)
  }
}

extension String {
  fileprivate func utf8Prefix(_ count: Int) -> String { String(decoding: utf8.prefix(count), as: UTF8.self) }
}
