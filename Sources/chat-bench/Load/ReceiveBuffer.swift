import POSIX

/// The one buffer that all clients are read into, so that who has nothing unfinished holds nothing.
///
/// It is a pointer because recv(2) fills memory, and nobody wants it initialised again for each read; what is in it leaves
/// as a span that cannot outlive the call.
@safe struct ReceiveBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  init(bytes: Int) {
    unsafe memory = .allocate(byteCount: bytes, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// One recv(2), behind bytes that are put first. The answer is that of `FileDescriptor.receive`, those bytes not counted.
  func receive(from descriptor: borrowing FileDescriptor, behind first: [UInt8]) throws(Errno) -> Int? {
    precondition(unsafe first.count < memory.count, "there is room for what comes")
    unsafe memory.copyBytes(from: first)
    return try unsafe descriptor.receive(into: UnsafeMutableRawBufferPointer(rebasing: memory[first.count...]))
  }

  /// Lends the bytes of a range.
  @inline(__always)
  func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
    unsafe body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
  }

  func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
    unsafe bytes.append(contentsOf: memory[range])
  }
}
