import ChatCore
import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct BacklogTests {
  @Test func `output that the kernel does not accept waits, and is sent in order later`() {
    let fixture = OutboxFixture([.text])
    fixture.room[0] = 5
    fixture.tell("first", to: 0)
    #expect(fixture.flush().blocked == OutboxFixture.sessions(0))
    fixture.tell("second", to: 0)
    let quiet = fixture.flush()
    #expect(quiet.blocked.isEmpty && quiet.unblocked.isEmpty)
    let all = fixture.line("first", .text) + fixture.line("second", .text)
    #expect(fixture.waitingBytes(of: OutboxFixture.session(0)) == all.utf8.count - 5)
    fixture.room[0] = nil
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    #expect(fixture.flush().unblocked == OutboxFixture.sessions(0))
    #expect(fixture.everything(0) == all)
    #expect(fixture.backlogs.isEmpty)
  }

  @Test func `the streams are empty after a flush, even if a client does not read`() {
    let fixture = OutboxFixture([.text, .text])
    fixture.room[0] = 0
    for _ in 0..<3 {
      fixture.tellAll("hello", 0, 1)
      _ = fixture.flush()
    }
    for stream in StreamID.all {
      #expect(fixture.streams[stream].count == 0)
    }
    #expect(fixture.calls(1) == 3)
  }

  @Test func `what the transport has encrypted stays in the backlog, also when the rest is dropped`() {
    let fixture = OutboxFixture([.text], backlogBytesMax: 200)
    fixture.promised[0] = ""
    fixture.room[0] = 0
    fixture.tell("first", to: 0)
    fixture.tell("second", to: 0)
    #expect(fixture.flush().blocked == OutboxFixture.sessions(0))
    let record = fixture.line("first", .text) + fixture.line("second", .text)
    #expect(fixture.promised[0] == record)
    fixture.tell(String(repeating: "x", count: 300), to: 0)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(0))
    fixture.outboxes.replaceBacklog(of: OutboxFixture.session(0), with: .notice(text: "last"), at: fixture.now)
    fixture.room[0] = nil
    while fixture.waitingBytes(of: OutboxFixture.session(0)) > 0 {
      fixture.outboxes.markWritable(OutboxFixture.session(0))
      _ = fixture.flush()
    }
    #expect(fixture.everything(0) == record + fixture.line("last", .text))
  }

  @Test func `only a session over the limit is reported`() {
    let fixture = OutboxFixture([.text, .text], backlogBytesMax: 100)
    fixture.room[0] = 0
    var overflowed: [SessionID] = []
    for _ in 0..<20 where overflowed.isEmpty {
      fixture.tellAll("some words", 0, 1)
      overflowed = fixture.flush().overflowed
      #expect(fixture.waitingBytes(of: OutboxFixture.session(0)) <= 100 || !overflowed.isEmpty)
    }
    #expect(overflowed == OutboxFixture.sessions(0))
  }

  @Test func `output of one turn beyond the limit is not stored`() {
    let fixture = OutboxFixture([.text], backlogBytesMax: 100)
    fixture.room[0] = 3
    fixture.tell(String(repeating: "x", count: 50), to: 0)
    fixture.tell(String(repeating: "y", count: 1 << 20), to: 0)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(0))
    #expect(fixture.backlogBytes < 200)
    #expect(fixture.waitingBytes(of: OutboxFixture.session(0)) > 1 << 20)
  }

  @Test func `over the total limit, the sessions with the most are reported, and the others keep their output`() {
    let fixture = OutboxFixture([.text, .text, .text, .text], backlogBytesMax: 0, backlogsBytesMax: 40_000)
    for slot in Int32(0)..<4 { fixture.room[slot] = 0 }
    fixture.tell(String(repeating: "a", count: 1000), to: 0)
    fixture.tell(String(repeating: "b", count: 12_000), to: 1)
    fixture.tell(String(repeating: "c", count: 16_000), to: 2)
    #expect(fixture.flush().overflowed.isEmpty)
    fixture.tell(String(repeating: "d", count: 14_000), to: 3)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(2))
    #expect(fixture.backlogBytes <= 40_000)
    fixture.outboxes.replaceBacklog(of: OutboxFixture.session(2), with: .closing(reason: "slow"), at: fixture.now)
    for slot in 0..<4 {
      fixture.room[Int32(slot)] = nil
      fixture.outboxes.markWritable(OutboxFixture.session(slot))
    }
    _ = fixture.flush()
    #expect(fixture.everything(0) == fixture.line(String(repeating: "a", count: 1000), .text))
    #expect(fixture.everything(1) == fixture.line(String(repeating: "b", count: 12_000), .text))
    #expect(fixture.everything(2) == fixture.encoded(.closing(reason: "slow"), .text))
    #expect(fixture.everything(3) == fixture.line(String(repeating: "d", count: 14_000), .text))
    #expect(fixture.backlogBytes == 0)
  }

  @Test func `if even the ends of started lines exceed the limit, nothing is stored`() {
    let fixture = OutboxFixture([.text, .text], backlogBytesMax: 0, backlogsBytesMax: 10_000)
    for slot in 0..<2 {
      // The line is started.
      fixture.room[Int32(slot)] = 1
      fixture.tell(String(repeating: "x", count: 9000), to: slot)
    }
    let outcome = fixture.flush()
    #expect(Set(outcome.overflowed) == Set(OutboxFixture.sessions(0, 1)) && !outcome.lost.isEmpty)
    #expect(fixture.backlogBytes <= 10_000)
  }

  @Test func `a session found too slow gets only the closing line, even if that comes late`() {
    let fixture = OutboxFixture([.text], backlogBytesMax: 10)
    fixture.room[0] = 0
    fixture.tell("a line of more than that", to: 0)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(0))
    fixture.room[0] = nil
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    fixture.tell("more", to: 0)
    #expect(fixture.flush().overflowed.isEmpty)
    fixture.outboxes.replaceBacklog(of: OutboxFixture.session(0), with: .closing(reason: "slow"), at: fixture.now)
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    _ = fixture.flush()
    #expect(fixture.everything(0) == fixture.encoded(.closing(reason: "slow"), .text))
    #expect(fixture.waitingBytes(of: OutboxFixture.session(0)) == 0)
  }

  @Test func `a few marks are kept for pending private messages, and the last is taken with the last byte`() {
    let fixture = OutboxFixture([.text])
    fixture.room[0] = 0
    for id in 1...100 {
      let message = PrivateMessage(id: UInt64(id), from: Name("alice")!, to: Name("bob")!, text: "psst")
      fixture.outboxes.send(.privateMessage(message), at: fixture.now, to: OutboxFixture.session(0))
    }
    _ = fixture.flush()
    #expect(fixture.marks[0]?.count == 16)
    fixture.room[0] = nil
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    #expect(fixture.flush().takenMessages.map(\.message).last == 100)
    #expect(fixture.marks.isEmpty)
  }

  @Test(arguments: [0, 1, 7])
  func `the closing line replaces the backlog but never splits a line`(taken: Int) {
    let fixture = OutboxFixture([.text], backlogBytesMax: 10)
    fixture.room[0] = taken
    fixture.tell("first line", to: 0)
    fixture.tell("second line", to: 0)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(0))
    fixture.outboxes.replaceBacklog(of: OutboxFixture.session(0), with: .closing(reason: "slow"), at: fixture.now)
    fixture.room[0] = nil
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    _ = fixture.flush()
    let closing = fixture.encoded(.closing(reason: "slow"), .text)
    #expect(fixture.everything(0) == (taken == 0 ? "" : fixture.line("first line", .text)) + closing)
  }

  @Test func `a private message to a text session counts as taken once the kernel has its last byte`() {
    let fixture = OutboxFixture([.text, .json])
    let message = PrivateMessage(id: 7, from: Name("alice")!, to: Name("bob")!, text: "psst")
    fixture.room[0] = 3
    for slot in 0...1 {
      fixture.outboxes.send(.privateMessage(message), at: fixture.now, to: OutboxFixture.session(slot))
    }
    #expect(fixture.flush().takenMessages.isEmpty)
    fixture.room[0] = nil
    fixture.outboxes.markWritable(OutboxFixture.session(0))
    let taken = fixture.flush().takenMessages
    #expect(taken.map(\.recipient) == [Name("bob")!] && taken.map(\.message) == [7])
    #expect(fixture.marks.isEmpty)
  }

  @Test func `a private message to a closed session does not count as taken`() {
    let fixture = OutboxFixture([.text])
    fixture.room[0] = 0
    let message = PrivateMessage(id: 7, from: Name("alice")!, to: Name("bob")!, text: "psst")
    fixture.outboxes.send(.privateMessage(message), at: fixture.now, to: OutboxFixture.session(0))
    _ = fixture.flush()
    fixture.outboxes.close(OutboxFixture.session(0))
    #expect(fixture.flush().takenMessages.isEmpty)
    #expect(fixture.marks.isEmpty && fixture.backlogs.isEmpty)
  }
}
