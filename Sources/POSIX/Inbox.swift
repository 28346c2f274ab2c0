import CLinux
import Glibc
import Synchronization

/// Messages from any thread to the one that owns the loop. The loop registers `rawValue` as readable and calls
/// `takeAll` when it is. The bound on how much may wait is the senders': each posts what it was asked for.
package final class Inbox<Message: Sendable>: Sendable {
  private let waiting = Mutex<[Message]>([])
  private let notifier: EventNotifier

  package init() throws(Errno) {
    notifier = try EventNotifier()
  }

  /// The descriptor to register; it stays the inbox's own.
  package var rawValue: CInt { notifier.rawValue }

  /// Adds a message and wakes the loop. From any thread; messages of one thread stay in order.
  package func post(_ message: Message) {
    let isFirst = waiting.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    // Only the first one needs to wake the loop: it takes all.
    if isFirst { notifier.signal() }
  }

  /// All that was posted since the last time, in order; empty after a wake-up that an earlier call has answered.
  package func takeAll() -> [Message] {
    // Drained before it is taken: a message posted in between wakes the loop once more, and none is left asleep.
    notifier.drain()
    return waiting.withLock { messages in
      let taken = messages
      messages = []
      return taken
    }
  }
}

/// Wakes a loop from any thread: eventfd(2). The loop registers `rawValue` as readable.
package struct EventNotifier: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  package init() throws(Errno) {
    descriptor = FileDescriptor(owning: try checked { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// The descriptor to register; it stays this value's own.
  package var rawValue: CInt { descriptor.rawValue }

  /// Makes the descriptor readable until it is drained. From any thread.
  package func signal() {
    // The call fails only when 2^64 - 2 signals wait undrained, and then the descriptor is readable already.
    _ = eventfd_write(descriptor.rawValue, 1)
  }

  /// Makes the descriptor unreadable again; whether there had been a signal.
  @discardableResult
  package func drain() -> Bool {
    var count: eventfd_t = 0
    return unsafe eventfd_read(descriptor.rawValue, &count) == 0
  }
}
