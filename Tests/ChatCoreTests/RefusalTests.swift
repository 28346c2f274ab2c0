import ChatProtocol
import Testing

@testable import ChatCore

/// Commands rejected because of a full queue, a failing disk or too many attempts.
@Suite struct `A rejection` {
  private static let alice = Account("alice")

  /// Each command that needs a password checked or hashed, from a user in a room of their own.
  private static let slowCommands = [
    "/passwd first-password second-password", "/create ops", "/create ops sesame-open", "/join vault sesame-open",
    "/lock", "/lock sesame-open",
  ]

  private static func fixture() -> (CoreFixture, SessionID) {
    let rooms = [
      RoomRecord(name: Name("club")!, owner: Name("alice")!),
      RoomRecord(name: Name("vault")!, owner: Name("bob")!, password: "$vault$"),
    ]
    var chat = CoreFixture(accounts: [alice, Account("bob")], rooms: rooms)
    let id = chat.login("alice")
    _ = chat.send("/join club", from: id)
    return (chat, id)
  }

  @Test(arguments: slowCommands + ["/history", "/search tea", "/offer 5 7 plan.pdf"])
  func `is sent when too many requests wait`(line: String) {
    var (chat, id) = Self.fixture()
    #expect(chat.send(line, from: id).events(to: id).isEmpty)
    #expect(chat.apply(.passwordRefused(id)).errors(to: id) == [.busy])
    // The session stays usable.
    #expect(chat.send("/ping", from: id).oks(to: id) == ["ping"])
  }

  @Test(arguments: ["/login alice first-password", "/register dave correct-horse"])
  func `is sent before login when too many passwords wait`(line: String) {
    var (chat, _) = Self.fixture()
    let id = chat.connect()
    _ = chat.send(line, from: id)
    #expect(chat.apply(.passwordRefused(id)).errors(to: id) == [.busy])
    #expect(chat.core.sessions[id].user == nil)
  }

  @Test(arguments: slowCommands.filter { !$0.hasPrefix("/passwd") && !$0.hasPrefix("/join") })
  func `is sent when a password cannot be hashed`(line: String) {
    var (chat, id) = Self.fixture()
    _ = chat.send(line, from: id)
    let effects = chat.apply(.passwordHashed(id, hash: nil))
    #expect(effects.errors(to: id) == [.badPassword])
    #expect(effects.records.isEmpty)
  }

  // MARK: - While nothing can be recorded

  @Test(arguments: [
    "hello", "/me waves", "/say club hello", "/msg bob hello", "/read 1", "/away lunch", "/ignore bob", "/create ops",
    "/join vault sesame-open", "/leave", "/delete club", "/topic tea", "/kick bob", "/ban bob", "/mute bob", "/op bob",
    "/lock", "/unlock", "/passwd first-password second-password",
  ])
  func `answers commands that need a record while nothing can be recorded`(line: String) {
    var (chat, id) = Self.fixture()
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    let effects = chat.send(line, from: id)
    #expect(effects.errors(to: id) == [.cannotRecord])
    #expect(effects.count == 1)
  }

  @Test(arguments: ["/who", "/rooms", "/info", "/topic", "/switch lobby", "/ping", "/help", "/format json"])
  func `does not answer commands that need no record`(line: String) {
    var (chat, id) = Self.fixture()
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    #expect(chat.send(line, from: id).errors(to: id).isEmpty)
  }

  @Test func `ends when recording is possible again`() {
    var (chat, id) = Self.fixture()
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    _ = chat.apply(.recording(true, reason: ""))
    #expect(chat.send("/topic tea", from: id).oks(to: id) == ["topic"])
  }

  @Test(arguments: [
    ControlRequest.roomsCreate(Name("ops")!, .open), .roomsCreate(Name("ops")!, .generatedPassword),
    .roomsDelete(Name("club")!),
  ])
  func `answers requests of the operator that need a record`(request: ControlRequest) {
    var (chat, _) = Self.fixture()
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    let peer = ControlPeer(user: "root", uid: 0, pid: 1)
    let effects = chat.apply(.control(ControlID(1), request, from: peer))
    #expect(effects.replies.map { $0.fault } == [.cannotRecord])
    #expect(effects.count == 1)
  }

  @Test func `is announced to new connections`() {
    var chat = CoreFixture()
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    let id = SessionID(slot: 9, generation: 1)
    let events = chat.apply(.connected(id, address: "192.0.2.1")).events(to: id)
    #expect(events.count == 2)
    #expect(events.last == Self.cannotRecord)
  }

  private static let cannotRecord = Event.notice(
    text: "The server cannot save anything at the moment (the disk is full); it refuses commands that need it.")

  @Test func `is announced once to every session, and so is its end`() {
    var (chat, id) = Self.fixture()
    let outside = chat.connect()
    let began = chat.apply(.recording(false, reason: "the disk is full"))
    #expect(began.events(to: id) == [Self.cannotRecord] && began.events(to: outside) == [Self.cannotRecord])
    #expect(chat.apply(.recording(false, reason: "the disk is full")).isEmpty)
    #expect(chat.apply(.recording(true, reason: "")).events(to: id).count == 1)
    #expect(chat.apply(.recording(true, reason: "")).isEmpty)
  }

  @Test(arguments: slowCommands)
  func `answers commands that waited until nothing could be recorded`(line: String) {
    var (chat, id) = Self.fixture()
    let asked = chat.send(line, from: id)
    _ = chat.apply(.recording(false, reason: "the disk is full"))
    let effects = chat.apply(
      asked.verifications.isEmpty ? .passwordHashed(id, hash: "$hash$") : .passwordVerified(id, true))
    #expect(effects.errors(to: id) == [.cannotRecord])
    #expect(effects.count == 1)
  }

  // MARK: - Attempts

  @Test func `after too many attempts applies to one address for a minute`() {
    var settings = Settings()
    settings.failedLoginsPerMinute = 4
    var chat = CoreFixture(settings: settings, accounts: [Self.alice])
    let guessing = chat.connect(address: "192.0.2.1")
    for _ in 1...2 {
      _ = chat.send("/login alice guess", from: guessing)
      #expect(chat.apply(.passwordVerified(guessing, false)).errors(to: guessing) == [.wrongPassword])
    }
    let refused = chat.send("/login alice first-password", from: guessing)
    #expect(refused.errors(to: guessing) == [.tooManyAttempts])
    #expect(refused.verifications.isEmpty)

    let elsewhere = chat.connect(address: "192.0.2.2")
    #expect(chat.send("/login alice first-password", from: elsewhere).verifications.count == 1)

    chat.now = chat.now.adding(milliseconds: 59_999)
    #expect(chat.send("/login alice first-password", from: guessing).errors(to: guessing) == [.tooManyAttempts])
    chat.now = chat.now.adding(milliseconds: 1)
    #expect(chat.send("/login alice first-password", from: guessing).verifications.count == 1)
  }

  @Test func `after too many attempts counts passwords of rooms and accounts together`() {
    var settings = Settings()
    settings.failedLoginsPerMinute = 2
    let vault = RoomRecord(name: Name("vault")!, owner: Name("bob")!, password: "$vault$")
    var chat = CoreFixture(settings: settings, accounts: [Self.alice], rooms: [vault])
    let alice = chat.login("alice")
    _ = chat.send("/join vault guess", from: alice)
    #expect(chat.apply(.passwordVerified(alice, false)).errors(to: alice) == [.wrongPassword])
    _ = chat.send("/passwd guess second-password", from: alice)
    #expect(chat.apply(.passwordVerified(alice, false)).errors(to: alice) == [.wrongPassword])
    #expect(chat.send("/join vault sesame-open", from: alice).errors(to: alice) == [.tooManyAttempts])
  }
}
