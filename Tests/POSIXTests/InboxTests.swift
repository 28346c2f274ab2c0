import POSIX
import Testing

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
    // A lost wake-up would leave this waiting for ever.
    while next.reduce(0, +) < 8000 {
      try poller.wait(timeout_ms: -1) { _ in
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
    #expect(try poller.wait(timeout_ms: 0) { _ in } == 0)
    inbox.post("a")
    inbox.post("b")
    #expect(try poller.wait(timeout_ms: 0) { _ in } == 1)
    #expect(inbox.takeAll() == ["a", "b"])
    #expect(try poller.wait(timeout_ms: 0) { _ in } == 0)
    inbox.post("c")
    #expect(try poller.wait(timeout_ms: 0) { _ in } == 1)
  }
}

struct EventNotifierTests {
  @Test func `any number of signals are one`() throws {
    let notifier = try EventNotifier()
    #expect(notifier.drain() == false)
    notifier.signal()
    notifier.signal()
    #expect(notifier.drain() == true)
    #expect(notifier.drain() == false)
  }
}
