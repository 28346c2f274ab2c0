import CLinux
import Glibc
import Synchronization

/// Messages from any thread to the thread of an event loop. Register `rawValue` as readable with the loop's poller, then call
/// `takeAll`. The senders bound how much may wait: each posts only answers to requests.
package final class Inbox<Message: Sendable>: Sendable {
  private let waiting = Mutex<[Message]>([])
  private let notifier: EventNotifier

  package init() throws(Errno) { notifier = try EventNotifier() }

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

  /// All messages since the last call, in order. Empty after a wake-up that an earlier call has answered.
  package func takeAll() -> [Message] {
    // Drained before it is taken: a message posted in between wakes the loop once more.
    notifier.drain()
    return waiting.withLock { messages in
      let taken = messages
      messages = []
      return taken
    }
  }
}

/// Wakes a loop from any thread: eventfd(2). Register `rawValue` as readable.
package struct EventNotifier: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  package init() throws(Errno) {
    descriptor = FileDescriptor(owning: try checked { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  package var rawValue: CInt { descriptor.rawValue }

  /// Makes the descriptor readable until it is drained. From any thread.
  package func signal() {
    // It fails only after 2^64 - 2 signals, and then the descriptor is readable already.
    _ = eventfd_write(descriptor.rawValue, 1)
  }

  /// Makes the descriptor unreadable again. Returns whether there was a signal.
  @discardableResult
  package func drain() -> Bool {
    var count: eventfd_t = 0
    return unsafe eventfd_read(descriptor.rawValue, &count) == 0
  }
}
