import ChatCore
import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct BacklogTests {
  @Test func `what the kernel refuses waits and goes out in order once it takes bytes again`() {
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
    fixture.outboxes.noteWritable(OutboxFixture.session(0))
    #expect(fixture.flush().unblocked == OutboxFixture.sessions(0))
    #expect(fixture.everything(0) == all)
    #expect(fixture.backlogs.isEmpty)
  }

  @Test func `the streams are empty after a flush although somebody does not read`() {
    let fixture = OutboxFixture([.text, .text])
    fixture.room[0] = 0
    for _ in 0..<3 {
      fixture.tellAll("hello", 0, 1)
      _ = fixture.flush()
    }
    for kind in OutputStream.Kind.allCases {
      #expect(fixture.streams[kind].isEmpty)
    }
    #expect(fixture.calls(1) == 3)
  }

  @Test func `over the bound the session is reported, and only that one`() {
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

  @Test(arguments: [0, 1, 7])
  func `the last word replaces the backlog but never tears a line`(taken: Int) {
    let fixture = OutboxFixture([.text], backlogBytesMax: 10)
    fixture.room[0] = taken
    fixture.tell("first line", to: 0)
    fixture.tell("second line", to: 0)
    #expect(fixture.flush().overflowed == OutboxFixture.sessions(0))
    fixture.outboxes.replaceBacklog(of: OutboxFixture.session(0), with: .closing(reason: "slow"), at: fixture.now)
    fixture.room[0] = nil
    fixture.outboxes.noteWritable(OutboxFixture.session(0))
    _ = fixture.flush()
    let closing = fixture.encoded(.closing(reason: "slow"), .text)
    #expect(fixture.everything(0) == (taken == 0 ? "" : fixture.line("first line", .text)) + closing)
  }

  @Test func `a private message to a text session counts as taken when the kernel has its last byte`() {
    let fixture = OutboxFixture([.text, .json])
    let message = PrivateMessage(id: 7, from: Name("alice")!, to: Name("bob")!, text: "psst")
    fixture.room[0] = 3
    for slot in 0...1 {
      fixture.outboxes.send(.privateMessage(message), at: fixture.now, to: OutboxFixture.session(slot))
    }
    #expect(fixture.flush().takenMessages.isEmpty)
    fixture.room[0] = nil
    fixture.outboxes.noteWritable(OutboxFixture.session(0))
    let taken = fixture.flush().takenMessages
    #expect(taken.map(\.recipient) == [Name("bob")!] && taken.map(\.message) == [7])
    #expect(fixture.marks.isEmpty)
  }

  @Test func `a private message to somebody who went away counts as nothing`() {
    let fixture = OutboxFixture([.text])
    fixture.room[0] = 0
    let message = PrivateMessage(id: 7, from: Name("alice")!, to: Name("bob")!, text: "psst")
    fixture.outboxes.send(.privateMessage(message), at: fixture.now, to: OutboxFixture.session(0))
    _ = fixture.flush()
    fixture.outboxes.close(OutboxFixture.session(0))
    #expect(fixture.flush().takenMessages.isEmpty)
    #expect(fixture.marks.isEmpty && fixture.outboxes.backlogs.isEmpty)
  }
}
