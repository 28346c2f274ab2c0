/// The checksum of cksum(1): a 32-bit CRC of the bytes and of their number (POSIX, `cksum`).
///
/// Takes bytes in pieces of any size, eight at a time, each through its own table.
package struct Cksum: Sendable {
  private var remainder: UInt32 = 0
  /// The number of bytes.
  package private(set) var count: UInt64 = 0

  package init() {}

  package mutating func append(_ bytes: Span<UInt8>) {
    let tables = Cksum.tables.span
    var remainder = remainder
    var index = 0
    while index + 8 <= bytes.count {
      let first =
        remainder
        ^ (UInt32(bytes[index]) << 24 | UInt32(bytes[index + 1]) << 16 | UInt32(bytes[index + 2]) << 8
          | UInt32(bytes[index + 3]))
      remainder =
        tables[7 << 8 | Int(first >> 24)] ^ tables[6 << 8 | Int(first >> 16 & 255)]
        ^ tables[5 << 8 | Int(first >> 8 & 255)] ^ tables[4 << 8 | Int(first & 255)]
      remainder ^=
        tables[3 << 8 | Int(bytes[index + 4])] ^ tables[2 << 8 | Int(bytes[index + 5])]
        ^ tables[1 << 8 | Int(bytes[index + 6])] ^ tables[Int(bytes[index + 7])]
      index += 8
    }
    while index < bytes.count {
      remainder = Cksum.appending(bytes[index], to: remainder)
      index += 1
    }
    self.remainder = remainder
    count += UInt64(bytes.count)
  }

  /// Of all bytes so far.
  package var value: UInt32 {
    var remainder = remainder
    var left = count
    while left > 0 {
      remainder = Cksum.appending(UInt8(truncatingIfNeeded: left), to: remainder)
      left >>= 8
    }
    return ~remainder
  }

  private static func appending(_ byte: UInt8, to remainder: UInt32) -> UInt32 {
    remainder << 8 ^ tables[Int(UInt8(remainder >> 24) ^ byte)]
  }

  /// Table n has the CRC of a byte that n others follow.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte in 0..<UInt32(256) {
      var remainder = byte << 24
      for _ in 0..<8 { remainder = remainder << 1 ^ (remainder >> 31 == 0 ? 0 : 0x04C1_1DB7) }
      tables.append(remainder)
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables.append(before << 8 ^ tables[Int(before >> 24)])
    }
    return tables
  }()
}
