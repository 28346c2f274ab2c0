import ChatProtocol
import Testing

@testable import ChatCore

private let dayMilliseconds: Int64 = 86_400_000
private let bob = Name("bob")!

/// The wall clock only labels: setting it blocks no user, ends no ban and deletes no file.
@Suite struct `A change of the wall clock` {
  private static let jumps: [Int64] = [
    dayMilliseconds, -dayMilliseconds, 40 * dayMilliseconds, -40 * dayMilliseconds, 400_000 * dayMilliseconds,
    -400_000 * dayMilliseconds,
  ]

  private func chat() -> CoreFixture { CoreFixture(accounts: [Account("alice"), Account("bob")]) }

  private func end(of effects: [Effect]) -> Timestamp? {
    for case .restriction(let restriction, _) in effects.records { return restriction.until }
    return nil
  }

  @Test(arguments: jumps)
  func `neither shortens nor extends a ban, and its end is shown by the new clock`(stepMilliseconds: Int64) {
    var chat = chat()
    _ = chat.control(.usersBan(bob, ControlTerms(span: TimeSpan("2s")!)))
    chat.clockStepMilliseconds = stepMilliseconds
    let until = end(of: chat.apply(.tick))
    #expect(until == chat.time.wall.adding(milliseconds: 2000))
    chat.now = chat.now.adding(milliseconds: 1999)
    #expect(chat.apply(.tick).logged("ban-ended").isEmpty)
    // The clock is corrected in between.
    chat.clockStepMilliseconds = 0
    _ = chat.apply(.tick)
    chat.now = chat.now.adding(milliseconds: 1)
    #expect(chat.apply(.tick).logged("ban-ended") == ["user=bob"])
  }

  @Test(arguments: jumps)
  func `neither extends nor lifts a login limit`(stepMilliseconds: Int64) {
    var settings = Settings()
    settings.failedLoginsPerMinute = 1
    var chat = CoreFixture(settings: settings, accounts: [Account("alice")])
    let id = chat.connect()
    func tries() -> Bool { !chat.send("/login alice guess-guess", from: id).verifications.isEmpty }
    #expect(tries())
    _ = chat.apply(.passwordVerified(id, false))
    chat.clockStepMilliseconds = stepMilliseconds
    #expect(!tries())
    chat.clockStepMilliseconds = 0
    chat.now = chat.now.adding(milliseconds: 59_000)
    #expect(!tries())
    chat.now = chat.now.adding(milliseconds: 1000)
    #expect(tries())
  }

  @Test(arguments: jumps)
  func `deletes no file, and a file still expires at its age`(stepMilliseconds: Int64) {
    var files = FileFixture()
    let file = files.share()
    let broken = files.offer("/offer 5 8 later.pdf", present: 3).tickets
    #expect(broken.count == 1)
    for stepMilliseconds in [stepMilliseconds, 0, stepMilliseconds] {
      files.chat.clockStepMilliseconds = stepMilliseconds
      #expect(files.chat.apply(.tick).discarded.isEmpty)
    }
    files.chat.now = files.chat.now.adding(milliseconds: 30 * dayMilliseconds - 5000)
    #expect(!files.chat.apply(.tick).discarded.contains(file))
    files.chat.now = files.chat.now.adding(milliseconds: 10_000)
    #expect(files.chat.apply(.tick).discarded.contains(file))
  }

  @Test(arguments: jumps)
  func `is known at the next start, and ages and ends are unaffected`(stepMilliseconds: Int64) {
    var files = FileFixture()
    let file = files.share()
    _ = files.chat.control(.usersBan(bob, ControlTerms(span: TimeSpan("1d")!)))
    files.chat.clockStepMilliseconds = stepMilliseconds
    let set = files.chat.apply(.tick).records
    guard case .restriction(let ban, _)? = set.first(where: { if case .restriction = $0 { true } else { false } }),
      case .clock(let steps, _)? = set.first(where: { if case .clock = $0 { true } else { false } })
    else {
      Issue.record("nothing was recorded")
      return
    }
    let shared = files.chat.core.files[file]!.record
    var next = CoreFixture(restrictions: [ban], files: [shared], nextID: file + 1, clockSteps: steps)
    next.clockStepMilliseconds = stepMilliseconds
    next.now = files.chat.now.adding(milliseconds: dayMilliseconds - 5000)
    let started = next.apply(.started) + next.apply(.tick)
    #expect(started.discarded.isEmpty && started.logged("ban-ended").isEmpty)
    next.now = next.now.adding(milliseconds: 10_000)
    #expect(next.apply(.tick).logged("ban-ended") == ["user=bob"])
    next.now = next.now.adding(milliseconds: 29 * dayMilliseconds)
    #expect(next.apply(.tick).discarded == [file])
  }

  @Test(arguments: jumps)
  func `before the start, detected by the store, ends no ban early`(stepMilliseconds: Int64) {
    var chat = CoreFixture()
    let now = chat.now
    let ban = Restriction(
      .init(.ban, .user(bob)), since: now.adding(milliseconds: -dayMilliseconds),
      until: now.adding(milliseconds: dayMilliseconds))
    let file = FileRecord(
      id: 7, room: .lobby, from: bob, name: FileName("a")!, size: 1, cksum: 1, offered: now, shared: now)
    chat = CoreFixture(restrictions: [ban], files: [file], nextID: 8, clockStepMilliseconds: stepMilliseconds)
    chat.clockStepMilliseconds = stepMilliseconds
    let started = chat.apply(.started) + chat.apply(.tick)
    #expect(started.discarded.isEmpty && started.logged("ban-ended").isEmpty)
    #expect(end(of: started) == chat.time.wall.adding(milliseconds: dayMilliseconds))
    chat.now = chat.now.adding(milliseconds: dayMilliseconds)
    #expect(chat.apply(.tick).logged("ban-ended") == ["user=bob"])
  }

  @Test func `from far behind at the start extends no ban`() {
    let now = CoreFixture().now
    let ban = Restriction(.init(.ban, .user(bob)), since: now, until: now.adding(milliseconds: dayMilliseconds))
    var chat = CoreFixture(restrictions: [ban])
    chat.clockStepMilliseconds = -20_000 * dayMilliseconds
    _ = chat.apply(.started)
    chat.now = chat.now.adding(milliseconds: dayMilliseconds)
    #expect(chat.apply(.tick).logged("ban-ended") == ["user=bob"])
  }

  @Test func `takes no file from its sharer, and gives none to the next account with that name`() {
    var files = FileFixture()
    files.chat.clockStepMilliseconds = dayMilliseconds
    let id = files.chat.connect()
    _ = files.chat.send("/register carol correct-horse", from: id)
    _ = files.chat.apply(.passwordHashed(id, hash: "h"))
    files.chat.clockStepMilliseconds = 0
    let (first, second) = (files.share("a.txt", by: id), files.share("b.txt", by: id))
    #expect(files.chat.send("/unsend \(first)", from: id).oks(to: id) == ["unsend"])
    _ = files.chat.control(.usersDelete(Name("carol")!))
    let other = files.chat.connect()
    _ = files.chat.send("/register carol correct-horse", from: other)
    _ = files.chat.apply(.passwordHashed(other, hash: "h"))
    #expect(files.chat.send("/unsend \(second)", from: other).errors(to: other) == [.notPermitted])
  }

  @Test func `hides no message, because a room's history begins at an id`() {
    var chat = chat()
    let alice = chat.login("alice")
    chat.clockStepMilliseconds = dayMilliseconds
    _ = chat.send("/create den --open", from: alice)
    chat.clockStepMilliseconds = 0
    let asked = chat.send("/history", from: alice)
    guard case .start(_, .readHistory(let query))? = asked.last else {
      Issue.record("nothing was asked")
      return
    }
    #expect(query.firstID == 1 && query.before == 1)
    let message = RoomMessage(id: 1, room: Name("den")!, from: Name("alice")!, text: "x")
    let past = PastMessage(time: chat.time.wall, message: message)
    let told = chat.apply(.historyRead(alice, .messages([past]))).events(to: alice)
    guard case .ok(let reply)? = told.last, case .history(_, let messages, _, _) = reply.result else {
      Issue.record("no page")
      return
    }
    #expect(messages == [past])
  }

  @Test func `is recorded each time, in a bounded list`() {
    var steps = ClockSteps()
    for number in 0..<1000 as Range<MessageID> { steps.add(milliseconds: 1000, before: number + 10, oldest: 5) }
    #expect(steps.steps.count == ClockSteps.stepsMax && steps.count == 1000)
    #expect(steps.milliseconds(since: 5) == 1_000_000)
    #expect(steps.milliseconds(since: 2000) == 0)
    steps.add(milliseconds: .max, before: 2000, oldest: 5)
    steps.add(milliseconds: .max, before: 2000, oldest: 5)
    #expect(steps.milliseconds(since: 5) == .max)
    steps.add(milliseconds: 1000, before: 2000, oldest: nil)
    #expect(steps.steps.isEmpty)
  }
}
