import POSIX

// The two buffers that are pointers: recv(2) fills memory that need not be initialised for each read, and an array's
// `append` costs more than the copy of a line that it makes. Bytes leave as spans that cannot outlive the call.

/// The buffer that all connections are read into: an idle connection holds none.
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

  /// One recv(2) of at most `bytesMax`. `body` gets the bytes.
  func receive(
    from descriptor: borrowing FileDescriptor, upTo bytesMax: Int = ReadBuffer.size, _ body: (Span<UInt8>) -> Void
  ) -> Transport.Received {
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

/// Where a session's slices are copied side by side for one system call.
@safe struct GatherBuffer: ~Copyable {
  private static let initialBytes = 64 << 10
  /// More than this is freed after use.
  private static let retainedBytesMax = 1 << 20

  private var memory: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init() { unsafe memory = .allocate(byteCount: GatherBuffer.initialBytes, alignment: 1) }

  deinit { unsafe memory.deallocate() }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: Span<UInt8>) {
    if unsafe memory.count - count < bytes.count { grow(toHold: count + bytes.count) }
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: source)
    }
    count += bytes.count
  }

  func withBytes<Value>(_ body: (Span<UInt8>) -> Value) -> Value {
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
    return unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe body($0.span) }
  }

  mutating func removeAll() { count = 0 }

  /// Frees what a peak took.
  mutating func trim() {
    guard count == 0, unsafe memory.count > GatherBuffer.retainedBytesMax else { return }
    unsafe memory.deallocate()
    unsafe memory = .allocate(byteCount: GatherBuffer.initialBytes, alignment: 1)
  }

  private mutating func grow(toHold needed: Int) {
    let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(needed, memory.count * 2), alignment: 1)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    unsafe memory.deallocate()
    unsafe memory = larger
  }
}
