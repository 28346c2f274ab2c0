import CLinux

/// What a registration at a `Poller` wants to hear of. Hangups and errors are told always, even with no interest at
/// all: epoll(7) has no way to mask EPOLLHUP and EPOLLERR. Who wants peace from a descriptor removes it.
package struct Interest: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The same as a literal makes, without a call of generic code: this is made for every connection that said something.
  package init(readable: Bool, writable: Bool) {
    rawValue = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
  }

  package static let readable = Interest(rawValue: EPOLLIN.rawValue)
  package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
  /// The peer sends nothing more (EPOLLRDHUP): it closed, or shut its writing side and still reads.
  package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
}
