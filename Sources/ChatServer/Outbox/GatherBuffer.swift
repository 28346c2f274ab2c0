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
