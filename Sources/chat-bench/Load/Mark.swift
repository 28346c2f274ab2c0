/// The end of every message of a load: when it was sent, so that who receives it knows how long it took.
///
/// It stands last, where it is found from the line's end without a look at the line: `#` and eight of the characters `@`
/// to `O`, whose low four bits are a digit each. No dialect escapes any of them. Eight digits of microseconds last for
/// 71 minutes.
enum Mark {
  static let byteCount = 9

  static func append(_ time_us: UInt32, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "#"))
    for digit in 0..<8 {
      bytes.append(0x40 | UInt8(truncatingIfNeeded: time_us >> UInt32(28 - 4 * digit)) & 0x0F)
    }
  }

  /// The mark that begins at an offset of a line; nil where there is none.
  @inline(__always)
  static func read(_ line: RawSpan, at offset: Int) -> UInt32? {
    guard offset >= 0, offset + byteCount <= line.byteCount,
      unsafe line.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: "#")
    else { return nil }
    // The eight characters as one number, of which every byte must be from 0x40 to 0x4F. Any eight bytes are a number,
    // and the bounds were looked at.
    let characters = UInt64(bigEndian: unsafe line.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
    guard characters & 0xF0F0_F0F0_F0F0_F0F0 == 0x4040_4040_4040_4040 else { return nil }
    // Neighbours move together, first digits, then pairs, then fours: three steps instead of eight.
    var digits = characters & 0x0F0F_0F0F_0F0F_0F0F
    digits = (digits | digits >> 4) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: digits | digits >> 16)
  }
}
