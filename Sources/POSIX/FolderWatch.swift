import CLinux
import Glibc

/// Reports changes of names in a folder and of single files: inotify(7). Register `rawValue` as readable with a poller, then
/// call `takeAll`.
///
/// Watch the folder for new names, and each file that matters for its bytes: watching the folder for everything would report each
/// line of a log in it.
package final class FolderWatch: Sendable {
  package struct EventKind: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A name was created: a file, usually still empty.
    package static let created = EventKind(rawValue: UInt32(IN_CREATE))
    /// A name was removed or moved away.
    package static let gone = EventKind(rawValue: UInt32(IN_DELETE | IN_MOVED_FROM))
    /// A file was renamed to this name.
    package static let movedTo = EventKind(rawValue: UInt32(IN_MOVED_TO))
    /// Bytes of the file changed.
    package static let modified = EventKind(rawValue: UInt32(IN_MODIFY))
    /// A process that could write to the file closed it.
    package static let closedByWriter = EventKind(rawValue: UInt32(IN_CLOSE_WRITE))
    /// A process opened the file, to read or to write.
    package static let opened = EventKind(rawValue: UInt32(IN_OPEN))
    /// The queue overflowed: some events are lost.
    package static let overflow = EventKind(rawValue: UInt32(IN_Q_OVERFLOW))
  }

  package struct Event: Equatable, Sendable {
    /// What `add` returned for the file or folder.
    package var watch: CInt
    package var happenings: EventKind
    /// The name in the folder; empty for a file's own events.
    package var name: String
  }

  private let descriptor: FileDescriptor

  package init() throws(Errno) {
    descriptor = FileDescriptor(owning: try checked { inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK)) })
  }

  package var rawValue: CInt { descriptor.rawValue }

  /// inotify_add_watch(2): watches the file that the path leads to now. The same file has the same number under any name.
  package func add(_ path: String, _ happenings: EventKind) throws(Errno) -> CInt {
    try checked { unsafe inotify_add_watch(descriptor.rawValue, path, happenings.rawValue) }
  }

  /// inotify_rm_watch(2). The watch of a removed file is gone already.
  package func remove(_ watch: CInt) { _ = inotify_rm_watch(descriptor.rawValue, watch) }

  /// All events since the last call, in order.
  package func takeAll() -> [Event] {
    var events: [Event] = []
    // Room for at least one event with the longest name, see inotify(7).
    while let bytes = try? descriptor.read(upTo: 64 << 10), !bytes.isEmpty {
      var position = 0
      while position + FolderWatch.headBytes <= bytes.count {
        let length = Int(FolderWatch.number(bytes, at: position + 12))
        let name = bytes[(position + FolderWatch.headBytes)...].prefix(length)
        events.append(
          Event(
            watch: CInt(bitPattern: FolderWatch.number(bytes, at: position)),
            happenings: EventKind(rawValue: FolderWatch.number(bytes, at: position + 4)),
            name: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)))
        position += FolderWatch.headBytes + length
      }
    }
    return events
  }

  /// The header before an event's name: `wd`, `mask`, `cookie` and `len`, four bytes each in native order.
  private static let headBytes = 16

  private static func number(_ bytes: [UInt8], at position: Int) -> UInt32 {
    unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self)
  }
}
