import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct `A shared file` {
  @Test func `is announced and recorded only once all its bytes are stored`() {
    var fixture = FileFixture()
    let offered = fixture.offer("/offer 5 7 plan.pdf")
    #expect(offered.records.count == 1 && offered.files.isEmpty)
    let (up, effects) = fixture.begin("/put \(offered.tickets[0])")
    #expect(effects.transfers == [Transfer(.up, file: 1, size: 5, cksum: 7, offset: 0)])
    #expect(effects.records.isEmpty && effects.files.isEmpty)
    let ended = fixture.chat.apply(.transferEnded(up, .done))
    #expect(ended.files.map(\.name) == ["plan.pdf"] && ended.oks(to: up) == ["put"] && ended.closed == [up])
    guard case .file(let now, let was?) = ended.records.first else {
      Issue.record("nothing is kept: \(ended)")
      return
    }
    #expect(now.shared == fixture.chat.now && was.shared == nil && now.id == was.id)
  }

  @Test func `is not announced while nothing can be recorded`() {
    var fixture = FileFixture()
    let offered = fixture.offer("/offer 5 7 plan.pdf")
    let up = fixture.begin("/put \(offered.tickets[0])").id
    _ = fixture.chat.apply(.recording(false, reason: "the disk is full"))
    let ended = fixture.chat.apply(.transferEnded(up, .done))
    #expect(ended.errors(to: up) == [.cannotRecord] && ended.files.isEmpty && ended.records.isEmpty)
    _ = fixture.chat.apply(.recording(true, reason: ""))
    // All its bytes are stored, so the upload resumes at the end.
    #expect(fixture.offer("/offer 5 7 plan.pdf", present: 5).offsets == [5])
  }

  @Test(arguments: [
    (FileCheckResult.failed(reason: "No space left on device"), ErrorCode.noSpace), (.missing, .brokenOff),
    (.bytes(6), .brokenOff),
  ])
  func `that does not fit on the disk leaves nothing behind`(answer: FileCheckResult, code: ErrorCode) {
    var fixture = FileFixture()
    _ = fixture.chat.send("/offer 5 7 plan.pdf", from: fixture.alice)
    let effects = fixture.chat.apply(.fileChecked(fixture.alice, answer))
    #expect(effects.errors(to: fixture.alice) == [code])
    #expect(effects.discarded == [1] && effects.records.isEmpty)
    #expect(fixture.chat.core.files.bytes == 0 && fixture.chat.core.files.count == 0)
  }

  @Test func `whose sharer disconnects before the disk has answered leaves nothing behind`() {
    var fixture = FileFixture()
    _ = fixture.chat.send("/offer 5 7 plan.pdf", from: fixture.alice)
    let gone = fixture.chat.apply(.disconnected(fixture.alice, reason: "connection lost"))
    #expect(gone.discarded == [1] && fixture.chat.core.files.bytes == 0)
    #expect(fixture.chat.apply(.fileChecked(fixture.alice, .bytes(0))).isEmpty)
  }

  @Test func `is deleted with its room, and a running upload is cut`() {
    var fixture = FileFixture()
    _ = fixture.chat.send("/create den --open", from: fixture.alice)
    let shared = fixture.share()
    let offered = fixture.offer("/offer 6 7 other.pdf")
    let up = fixture.begin("/put \(offered.tickets[0])").id
    let deleted = fixture.chat.send("/delete den", from: fixture.alice)
    #expect(deleted.discarded == [shared, shared + 1] && deleted.cut == [up])
    let ended = fixture.chat.apply(.transferEnded(up, .done))
    // The thread may have renamed the complete file in the meantime.
    #expect(ended.discarded == [shared + 1] && ended.errors(to: up) == [.noSuchFile] && ended.closed == [up])
    #expect(ended.records.isEmpty && ended.files.isEmpty)
  }

  @Test func `is deleted at once with its room, however many files there are`() {
    let den = Name("den")!
    let count: MessageID = 60_000
    let time = Timestamp("2026-11-20T20:11:00Z")!
    let files = (1...count).map { id in
      FileRecord(
        id: id, room: id % 2 == 0 ? den : .lobby, from: Name("alice")!, name: FileName("plan.pdf")!, size: 5, cksum: 7,
        offered: time, shared: time)
    }
    var fixture = FileFixture(rooms: [RoomRecord(name: den)], files: files)
    let deleted = fixture.chat.control(.roomsDelete(den))
    let kept = fixture.chat.core.files
    #expect(deleted.discarded.count == 30_000 && deleted.records.count == 30_001)
    #expect(kept.count == 30_000 && kept.ids.count == 30_000 && kept.ids(in: den).isEmpty)
    #expect(kept.bytes == 30_000 * 4096 && kept.bytes(of: Name("alice")!) == kept.bytes)
  }

  @Test func `is deleted after a number of days, a few files in each tick`() {
    var settings = Settings()
    settings.fileDays = 2
    var fixture = FileFixture(settings: settings)
    for number in 0..<70 { _ = fixture.share("\(number)") }
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 2 * 24 * 3600 * 1000 - 1)
    #expect(fixture.chat.apply(.tick).discarded.isEmpty)
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 1)
    #expect(fixture.chat.apply(.tick).discarded.count == 64)
    #expect(fixture.chat.apply(.tick).discarded.count == 6)
    #expect(fixture.chat.core.files.bytes == 0)
  }

  @Test func `that was listed by hand ages from the start`() {
    let unknown = Timestamp(milliseconds: 0)
    let hand = FileRecord(
      id: 7, room: .lobby, from: Name("alice")!, name: FileName("plan.pdf")!, size: 5, cksum: 7, offered: unknown,
      shared: unknown)
    var fixture = FileFixture(files: [hand])
    var dated = hand
    dated.offered = fixture.chat.now
    dated.shared = fixture.chat.now
    #expect(fixture.chat.apply(.started).records == [.file(dated, was: hand)])
    #expect(fixture.chat.apply(.tick).discarded.isEmpty)
    #expect(fixture.chat.core.files[7]?.record == dated)
  }

  @Test func `does not belong to a later account with its sharer's name`() throws {
    var fixture = FileFixture(accounts: [Account("root", role: .operator)])
    let file = fixture.share()
    _ = fixture.chat.apply(.disconnected(fixture.alice, reason: "gone"))
    _ = fixture.chat.control(.usersDelete(Name("alice")!))
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 1)
    let other = fixture.chat.connect()
    _ = fixture.chat.send("/register alice another-one", from: other)
    _ = fixture.chat.apply(.passwordHashed(other, hash: "$hash$"))
    #expect(fixture.chat.send("/unsend \(file)", from: other).errors(to: other) == [.notPermitted])
    let root = fixture.chat.login("root")
    #expect(fixture.chat.send("/unsend \(file)", from: root).oks(to: root) == ["unsend"])
  }
}

@Suite struct `A ticket` {
  @Test func `is valid once`() {
    var fixture = FileFixture()
    let ticket = fixture.offer("/offer 5 7 plan.pdf").tickets[0]
    #expect(fixture.begin("/put \(ticket)").effects.transfers.count == 1)
    let (id, again) = fixture.begin("/put \(ticket)")
    #expect(again.errors(to: id) == [.noSuchTicket] && again.closed == [id] && again.transfers.isEmpty)
  }

  @Test(arguments: [(59_999 as Int64, true), (60_000, false)])
  func `is valid for a minute`(ageMilliseconds: Int64, serves: Bool) {
    var fixture = FileFixture()
    let file = fixture.share()
    _ = fixture.chat.send("/get \(file)", from: fixture.alice)
    let ticket = fixture.chat.apply(.fileChecked(fixture.alice, .bytes(5))).tickets[0]
    fixture.chat.now = fixture.chat.now.adding(milliseconds: ageMilliseconds)
    let (id, effects) = fixture.begin("/take \(ticket)")
    #expect(effects.errors(to: id) == (serves ? [] : [.noSuchTicket]))
    #expect(effects.closed == (serves ? [] : [id]))
  }

  @Test func `for an upload that never began frees the space, and one for a partial upload does not`() {
    var fixture = FileFixture()
    _ = fixture.offer("/offer 5 7 none.pdf")
    _ = fixture.offer("/offer 5 7 some.pdf", present: 3)
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 60_000)
    #expect(fixture.chat.apply(.tick).discarded == [1])
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 24 * 3600 * 1000 - 60_001)
    #expect(fixture.chat.apply(.tick).discarded.isEmpty)
    fixture.chat.now = fixture.chat.now.adding(milliseconds: 60_001)
    #expect(fixture.chat.apply(.tick).discarded == [2])
  }

  @Test func `is replaced by a later one`() {
    var fixture = FileFixture()
    let first = fixture.offer("/offer 5 7 plan.pdf").tickets[0]
    let elsewhere = fixture.chat.login("alice")
    let second = fixture.offer("/offer 5 7 plan.pdf", by: elsewhere, present: 2)
    #expect(second.offsets == [2] && second.records.isEmpty)
    #expect(fixture.begin("/put \(first)").effects.transfers.isEmpty)
    #expect(fixture.begin("/put \(second.tickets[0])").effects.transfers.map(\.offset) == [2])
  }

  @Test(arguments: ["/leave den", "/mute", "/lock secret123"])
  func `is rejected if its user may no longer share`(reason: String) {
    var fixture = FileFixture()
    let bob = fixture.chat.login("bob")
    _ = fixture.chat.send("/create den --open", from: fixture.alice)
    _ = fixture.chat.send("/join den", from: bob)
    let ticket = fixture.offer("/offer 5 7 plan.pdf", by: bob).tickets[0]
    let line = reason == "/mute" ? "/mute bob" : reason
    _ = fixture.chat.send(line, from: reason == "/leave den" ? bob : fixture.alice)
    _ = fixture.chat.apply(.passwordHashed(fixture.alice, hash: "$hash$"))
    let (id, effects) = fixture.begin("/put \(ticket)")
    // A member stays in a room that is locked.
    #expect(effects.errors(to: id) == (reason == "/lock secret123" ? [] : [.notPermitted]))
  }

  @Test(arguments: ["/ban bob", "/unsend 1", "/delete den"])
  func `is rejected if its user may no longer see the file`(reason: String) {
    var fixture = FileFixture()
    let bob = fixture.chat.login("bob")
    _ = fixture.chat.send("/create den --open", from: fixture.alice)
    let file = fixture.share()
    #expect(file == 1)
    _ = fixture.chat.send("/get 1", from: bob)
    let ticket = fixture.chat.apply(.fileChecked(bob, .bytes(5))).tickets[0]
    _ = fixture.chat.send(reason, from: fixture.alice)
    let (id, effects) = fixture.begin("/take \(ticket)")
    #expect(effects.errors(to: id) == [.noSuchFile] && effects.closed == [id])
  }

  @Test func `stays valid after its user has quit the chat`() {
    var fixture = FileFixture()
    let file = fixture.share()
    let bob = fixture.chat.login("bob")
    _ = fixture.chat.send("/get \(file)", from: bob)
    let ticket = fixture.chat.apply(.fileChecked(bob, .bytes(5))).tickets[0]
    _ = fixture.chat.send("/quit", from: bob)
    let id = fixture.begin("/take \(ticket)").id
    #expect(fixture.chat.apply(.fileChecked(id, .bytes(5))).transfers.count == 1)
  }

  @Test func `is one of a limited number per user`() {
    var fixture = FileFixture()
    let file = fixture.share()
    var tickets: [String] = []
    for _ in 0..<100 {
      _ = fixture.chat.apply(.command(fixture.alice, .get(file, offset: 0)))
      tickets += fixture.chat.apply(.fileChecked(fixture.alice, .bytes(5))).tickets
    }
    #expect(fixture.chat.core.tickets.count == Core.ticketsPerHolderMax)
    #expect(
      fixture.begin("/take \(tickets[91])").effects.errors(to: SessionID(slot: 102, generation: 102)) == [.noSuchTicket]
    )
  }
}
