import POSIX

/// Room on the disk behind the end of a file that is appended to, taken ahead in steps: what is reserved can be written
/// though the disk fills up meanwhile.
struct DiskReserve {
  /// A step costs a system call, and the file this much more room than it needs.
  private static let stepBytes: Int64 = 1 << 20

  /// There is room up to this offset.
  private var end: Int64 = 0
  /// Whether the file system has the call. Where it has not, only writing shows whether there is room.
  private var isSupported = true

  /// Whether `count` bytes may be appended to a file of this length.
  func holds(_ count: Int, behind size: Int64) -> Bool { !isSupported || size + Int64(count) <= end }

  /// Takes room for `count` bytes and some more; just for them where the disk has no more.
  mutating func take(
    _ count: Int, behind size: Int64, _ preallocate: (_ offset: Int64, _ length: Int64) throws(Errno) -> Void
  ) throws(Errno) {
    if holds(count, behind: size) { return }
    let wanted = Int64(count)
    do throws(Errno) {
      do throws(Errno) {
        try preallocate(size, wanted + Self.stepBytes)
        end = size + wanted + Self.stepBytes
      } catch {
        guard error == .noSpace || error == .quotaExceeded else { throw error }
        try preallocate(size, wanted)
        end = size + wanted
      }
    } catch {
      guard [.notSupported, .notImplemented].contains(error) else { throw error }
      isSupported = false
    }
  }

  /// The file was cut, and what was reserved behind it is gone.
  mutating func forget() { end = 0 }
}
