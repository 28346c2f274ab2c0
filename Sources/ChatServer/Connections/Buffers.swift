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

/// Where a session's several slices are laid side by side for one system call.
///
/// Memory of its own instead of an array, because an array's `append` costs more than the copy of a line that it makes.
/// The pointer never leaves this file: bytes come in and go out as spans, within bounds that are checked here.
@safe struct GatherBuffer: ~Copyable {
  private static let initialBytes = 64 << 10
  /// More than this is given back to the system: a peak need not be paid for ever.
  private static let keptBytesMax = 1 << 20

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

  /// Gives back what a peak took.
  mutating func trim() {
    guard count == 0, unsafe memory.count > GatherBuffer.keptBytesMax else { return }
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
