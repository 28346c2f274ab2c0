import POSIX

/// The one buffer that every connection is read into: an idle connection holds none.
///
/// It is a pointer because recv(2) fills memory whose old bytes nobody wants initialised again for each read; what was
/// received leaves it as a span that cannot outlive the call.
@safe struct ReadBuffer: ~Copyable {
  static let size = 64 << 10
  private let memory: UnsafeMutableRawBufferPointer

  init() {
    unsafe memory = .allocate(byteCount: ReadBuffer.size, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe memory.deallocate()
  }

  enum Result {
    case bytes(Int)
    /// There is nothing now.
    case nothing
    /// The peer sends nothing more.
    case end
    case lost(Errno)
  }

  /// One recv(2) of at most `bytesMax`; what came is given to `body`.
  func receive(
    from descriptor: borrowing FileDescriptor, upTo bytesMax: Int = ReadBuffer.size, _ body: (Span<UInt8>) -> Void
  ) -> Result {
    do {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<min(bytesMax, memory.count)])
      guard let count = try unsafe descriptor.receive(into: room) else { return .nothing }
      if count == 0 { return .end }
      let received = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
      unsafe received.withMemoryRebound(to: UInt8.self) { unsafe body($0.span) }
      return .bytes(count)
    } catch {
      return .lost(error)
    }
  }
}
