import Glibc
import POSIX

// The generator's work per line. It reads millions of lines per second on the core that the server leaves free, so this
// file uses raw bytes: recv(2) fills memory that need not be initialised for each read, and spans that leave it cannot
// outlive the call.

/// The buffer that all clients are read into: an idle client holds none.
@safe struct ReceiveBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  init(bytes: Int) {
    unsafe memory = .allocate(byteCount: bytes, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// One recv(2), after `first`. Returns the same as `FileDescriptor.receive`, without those bytes.
  func receive(from descriptor: borrowing FileDescriptor, behind first: [UInt8]) throws(Errno) -> Int? {
    precondition(unsafe first.count < memory.count, "there is room for what comes")
    unsafe memory.copyBytes(from: first)
    return try unsafe descriptor.receive(into: UnsafeMutableRawBufferPointer(rebasing: memory[first.count...]))
  }

  /// Copies bytes to an offset.
  func write(_ bytes: Span<UInt8>, at offset: Int) {
    precondition(unsafe offset + bytes.count <= memory.count, "there is room for what comes")
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
    unsafe bytes.withUnsafeBytes { unsafe rest.copyBytes(from: $0) }
  }

  @inline(__always)
  func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
    unsafe body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
  }

  func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
    unsafe bytes.append(contentsOf: memory[range])
  }
}

extension [UInt8] {
  mutating func append(_ bytes: Span<UInt8>) { unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) } }
}

extension RawSpan {
  /// Passes each whole line, without its LF or CR LF, to `body`. Returns the offset of the incomplete line.
  ///
  /// memchr(3) compares 32 bytes at a time. The pointer is used only for the call.
  @inline(__always)
  func forEachLine(_ body: (RawSpan) -> Void) -> Int {
    var start = 0
    while start < byteCount {
      let rest = unsafe extracting(unchecked: start..<byteCount)
      let length = unsafe rest.withUnsafeBytes { bytes in
        unsafe memchr(bytes.baseAddress!, CInt(UInt8(ascii: "\n")), bytes.count).map {
          unsafe UnsafeRawPointer($0) - bytes.baseAddress!
        }
      }
      guard let length else { break }
      let last = length > 0 ? unsafe rest.unsafeLoad(fromByteOffset: length - 1, as: UInt8.self) : 0
      body(unsafe rest.extracting(unchecked: 0..<(last == UInt8(ascii: "\r") ? length - 1 : length)))
      start += length + 1
    }
    return start
  }

  /// The bytes as text, copied.
  var text: String {
    unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

/// The end of every message of a load: the time when it was sent, in microseconds, so that its reader knows the
/// latency.
///
/// It is `#` and eight of the characters `@` to `O`, whose low four bits are a digit each. No dialect escapes them. It
/// is last, where it is found from the line's end. Eight digits last for 71 minutes.
enum TimestampMark {
  static let byteCount = 9

  static func append(_ time: UInt32, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "#"))
    for digit in 0..<8 {
      bytes.append(0x40 | UInt8(truncatingIfNeeded: time >> UInt32(28 - 4 * digit)) & 0x0F)
    }
  }

  /// The mark that begins at an offset of a line; nil if there is none.
  @inline(__always)
  static func read(_ line: RawSpan, at offset: Int) -> UInt32? {
    guard offset >= 0, offset + byteCount <= line.byteCount,
      unsafe line.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: "#")
    else { return nil }
    // The eight characters as one number, of which every byte must be from 0x40 to 0x4F. The bounds were checked.
    let characters = UInt64(bigEndian: unsafe line.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
    guard characters & 0xF0F0_F0F0_F0F0_F0F0 == 0x4040_4040_4040_4040 else { return nil }
    // Combines neighbours, first digits, then pairs, then fours: three steps instead of eight.
    var digits = characters & 0x0F0F_0F0F_0F0F_0F0F
    digits = (digits | digits >> 4) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: digits | digits >> 16)
  }
}
