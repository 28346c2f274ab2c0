import POSIX
import TestSupport
import Testing

struct SignalDescriptorTests {
  @Test func `a signal is read once, after it woke the loop`() throws {
    let seen = try Promise { () throws -> [Signal?] in
      let signals = try SignalDescriptor([.user1, .user2])
      var seen = [try signals.next()]
      let poller = try Poller()
      try poller.add(signals.rawValue, token: 0, interest: .readable)
      Signal.user2.raise()
      Signal.user1.raise()
      Signal.user1.raise()
      while try poller.wait(timeout_ms: -1, { _ in }) == 0 {}
      for _ in 1...3 { seen.append(try signals.next()) }
      return seen
    }.value()
    #expect(seen == [nil, .user1, .user2, nil])
  }

  @Test func `a blocked signal does what it does by itself where it is raised so, and is blocked again`() throws {
    let seen = try Promise { () throws -> [Signal?] in
      // Does nothing by itself.
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
    // What would end the process stays pending on the thread and goes with it.
    #expect(
      try Promise {
        Signal.terminate.raise()
        return true
      }.value())
  }

  @Test func `a process that is not there cannot be signalled`() {
    #expect(throws: Errno.noSuchProcess) { try Signal.terminate.send(to: .max) }
  }
}
