import Glibc
import TestSupport
import Testing

@testable import POSIX

struct PollerTests {
  @Test func `unread bytes are reported again`() throws {
    let pair = try Socket.pair()
    let poller = try Poller()
    try poller.add(pair.second.rawValue, token: 7, interest: .readable)
    #expect(try tokens(poller) == [])
    try pair.first.writeAll("ab")
    #expect(try tokens(poller) == [7])
    _ = try pair.second.receive(upTo: 1)
    #expect(try tokens(poller) == [7])
    _ = try pair.second.receive(upTo: 1)
    #expect(try tokens(poller) == [])
  }

  @Test func `an event of a closed descriptor is not taken for the one that has its number now`() throws {
    let poller = try Poller()
    let sessions = Sessions()
    for token in [UInt64(1), 2] { try sessions.open(token, in: poller) }

    // Both are readable; whichever comes first has the other replaced within the turn.
    var seen: [UInt64] = []
    var failure: (any Error)?
    let count = try poller.wait(timeoutMilliseconds: -1) { event in
      seen.append(event.token)
      guard seen.count == 1 else { return }
      do {
        try sessions.replace(3 - event.token, by: 3, in: poller)
      } catch { failure = error }
    }
    if let failure { throw failure }
    #expect(count == 2)
    #expect(Set(seen) == [1, 2], "the second event is the closed one's, under its own token")
    #expect(Set(try tokens(poller)) == [seen[0], 3])
  }

  @Test func `interest can be changed and withdrawn`() throws {
    let pair = try Socket.pair()
    let number = pair.second.rawValue
    try pair.first.writeAll("x")
    let poller = try Poller()
    try poller.add(number, token: 1, interest: .writable)
    let first = try #require(events(poller).first)
    #expect(first.isWritable && !first.isReadable)
    try poller.modify(number, token: 2, interest: [.readable, .writable])
    let second = try #require(events(poller).first)
    #expect(second.token == 2 && second.isReadable && second.isWritable)
    try poller.modify(number, token: 2, interest: [])
    #expect(try tokens(poller) == [])
    try poller.remove(number)
    #expect(throws: Errno.noSuchFileOrDirectory) { try poller.remove(number) }
  }

  @Test func `a hangup is reported without interest`() throws {
    let pair = try Socket.pair()
    let second = pair.second
    let poller = try Poller()
    try poller.add(second.rawValue, token: 1, interest: [])
    close(pair.first)
    let event = try #require(events(poller).first)
    #expect(event.isHangup && !event.isReadable)
  }

  @Test func `an error is reported without interest`() throws {
    let pipe = try FileDescriptor.pipe()
    let writing = pipe.writing
    let poller = try Poller()
    try poller.add(writing.rawValue, token: 1, interest: [])
    close(pipe.reading)
    #expect(try #require(events(poller).first).isError)
  }

  @Test func `events that do not fit one wait are reported by the next`() throws {
    let poller = try Poller(eventsMax: 2)
    let sessions = Sessions()
    for token in 1...5 { try sessions.open(UInt64(token), in: poller) }
    var seen: Set<UInt64> = []
    for _ in 1...3 {
      let turn = try tokens(poller)
      #expect(turn.count <= 2)
      seen.formUnion(turn)
    }
    #expect(seen == [1, 2, 3, 4, 5], "those that had to wait come first")
  }

  @Test func `a token keeps all its 64 bits`() throws {
    let pair = try Socket.pair()
    let poller = try Poller()
    try poller.add(pair.second.rawValue, token: .max, interest: .writable)
    #expect(try tokens(poller) == [.max])
  }

  @Test func `a regular file cannot be registered`() throws {
    let folder = try TemporaryFolder()
    let file = try File.open(folder.file("f"))
    let poller = try Poller()
    #expect(throws: Errno.notPermitted) { try poller.add(file.rawValue, token: 1, interest: .readable) }
  }

  private func close(_ descriptor: consuming FileDescriptor) {}
}

/// The events that are ready now, without waiting.
private func events(_ poller: borrowing Poller) throws -> [PollerEvent] {
  var events: [PollerEvent] = []
  try poller.wait(timeoutMilliseconds: 0) { events.append($0) }
  return events
}

private func tokens(_ poller: borrowing Poller) throws -> [UInt64] {
  try events(poller).map(\.token)
}

/// Connections by token, each with a byte to read, registered while they are open.
private final class Sessions {
  private final class Session {
    var descriptor: FileDescriptor
    var peer: FileDescriptor

    init() throws {
      let pair = try Socket.pair()
      descriptor = pair.first
      peer = pair.second
      try peer.writeAll("x")
    }
  }

  private var sessions: [UInt64: Session] = [:]

  func open(_ token: UInt64, in poller: borrowing Poller) throws {
    let session = try Session()
    sessions[token] = session
    try poller.add(session.descriptor.rawValue, token: token, interest: .readable)
  }

  /// Closes one connection and opens another with the same descriptor number, whatever other threads open meanwhile.
  func replace(_ old: UInt64, by new: UInt64, in poller: borrowing Poller) throws {
    let session = sessions.removeValue(forKey: old)!
    let number = session.descriptor.rawValue
    try poller.remove(number)
    let fresh = try Session()
    // dup2(2) closes the old connection and gives its number to the new one in one step.
    guard dup2(fresh.descriptor.rawValue, number) == number else { throw Errno.current }
    swap(&session.peer, &fresh.peer)
    sessions[new] = session
    try poller.add(number, token: new, interest: .readable)
  }
}

struct InboxTests {
  @Test func `messages of many threads all arrive, each thread's in order`() throws {
    struct Message: Sendable {
      let sender: Int
      let number: Int
    }
    let inbox = try Inbox<Message>()
    let senders = try (0..<4).map { sender in
      try HelperThread { for number in 0..<2000 { inbox.post(Message(sender: sender, number: number)) } }
    }
    let poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
    var next = [0, 0, 0, 0]
    // A lost wake-up would make this wait for ever.
    while next.reduce(0, +) < 8000 {
      try poller.wait(timeoutMilliseconds: -1) { _ in
        for message in inbox.takeAll() {
          #expect(message.number == next[message.sender])
          next[message.sender] += 1
        }
      }
    }
    for sender in senders { sender.join() }
    #expect(inbox.takeAll().isEmpty)
  }

  @Test func `an inbox wakes the loop until it is emptied`() throws {
    let inbox = try Inbox<String>()
    let poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
    #expect(try poller.wait(timeoutMilliseconds: 0) { _ in } == 0)
    inbox.post("a")
    inbox.post("b")
    #expect(try poller.wait(timeoutMilliseconds: 0) { _ in } == 1)
    #expect(inbox.takeAll() == ["a", "b"])
    #expect(try poller.wait(timeoutMilliseconds: 0) { _ in } == 0)
    inbox.post("c")
    #expect(try poller.wait(timeoutMilliseconds: 0) { _ in } == 1)
  }
}

struct EventNotifierTests {
  @Test func `several pending signals are reported as one`() throws {
    let notifier = try EventNotifier()
    #expect(notifier.drain() == false)
    notifier.signal()
    notifier.signal()
    #expect(notifier.drain() == true)
    #expect(notifier.drain() == false)
  }
}

struct SignalDescriptorTests {
  @Test func `a signal is read once, after it woke the loop`() throws {
    let seen = try Promise { () throws -> [Signal?] in
      let signals = try SignalDescriptor([.hangup, .windowChange])
      var seen = [try signals.next()]
      let poller = try Poller()
      try poller.add(signals.rawValue, token: 0, interest: .readable)
      Signal.windowChange.raise()
      Signal.hangup.raise()
      Signal.hangup.raise()
      while try poller.wait(timeoutMilliseconds: -1, { _ in }) == 0 {}
      for _ in 1...3 { seen.append(try signals.next()) }
      return seen
    }.value()
    #expect(seen == [nil, .hangup, .windowChange, nil])
  }

  @Test func `a blocked signal can be raised, and is blocked again`() throws {
    let seen = try Promise { () throws -> [Signal?] in
      // The signal has no effect by default.
      let signals = try SignalDescriptor([.windowChange])
      try Signal.windowChange.raiseUnblocked()
      var seen = [try signals.next()]
      Signal.windowChange.raise()
      seen.append(try signals.next())
      return seen
    }.value()
    #expect(seen == [nil, .windowChange])
  }

  @Test func `a helper thread is not killed by a signal meant for the loop`() throws {
    // A signal that would end the process stays pending on the thread and ends with it.
    #expect(
      try Promise {
        Signal.terminate.raise()
        return true
      }.value())
  }

  @Test func `a signal to a missing process throws`() {
    #expect(throws: Errno.noSuchProcess) { try Signal.terminate.send(to: .max) }
  }
}
