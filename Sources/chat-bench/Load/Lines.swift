import Glibc

extension RawSpan {
  /// Gives each whole line, without its LF or CR LF, to `body`; returns where the line begins that is not whole yet.
  ///
  /// The generator reads millions of lines a second on the core that the server leaves it, so the end of each is looked
  /// for with memchr(3), which looks at 32 bytes at a time. It gets a pointer for the call alone.
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

  /// The bytes as text, copied; the pointer is used inside the closure alone.
  var text: String {
    unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
