import ChatProtocol
import Testing

@testable import ChatCore

/// Secrets that must not leak, and names that must not be taken.
@Suite struct `Secrecy` {
  @Test(arguments: ["nobody", "nobody@example.org", "locked", "alice"])
  func `a login does the same work whether or not the name exists`(name: String) {
    var chat = CoreFixture(accounts: [Account("alice"), Account("locked", password: "*")])
    let id = chat.connect()
    let effects = chat.send("/login \(name) guess", from: id)
    #expect(effects.verifications.map { $0.password } == ["guess"])
    #expect(effects.verifications.map { $0.hash } == [name == "alice" ? "$hash-of-alice$" : CoreFixture.decoy])
    #expect(effects.events(to: id).isEmpty)
    #expect(chat.apply(.passwordVerified(id, false)).errors(to: id) == [.wrongPassword])
  }

  @Test func `a password that matches the decoy does not log in`() {
    var chat = CoreFixture()
    let id = chat.connect()
    _ = chat.send("/login nobody guess", from: id)
    #expect(chat.apply(.passwordVerified(id, true)).errors(to: id) == [.wrongPassword])
  }

  @Test func `no password or hash is in the log, in an event or in a reply`() {
    var chat = CoreFixture(accounts: [Account("alice", password: "plain:first-password")])
    var effects = chat.apply(.started)
    let id = chat.connect()
    for line in [
      "/login alice first-password", "/passwd first-password second-password", "/create ops sesame-open",
      "/lock sesame-closed", "/who", "/info", "/logout", "/register dave correct-horse",
    ] {
      let asked = chat.send(line, from: id)
      effects += asked
      if !asked.verifications.isEmpty { effects += chat.apply(.passwordVerified(id, true)) }
      if effects.last?.isPasswordToHash == true { effects += chat.apply(.passwordHashed(id, hash: "$secret-hash$")) }
    }
    let peer = ControlPeer(user: "root", uid: 0, pid: 1)
    for request in [ControlRequest.usersList, .roomsList, .roomsInfo(Name("ops")!), .sessionsList, .status] {
      effects += chat.apply(.control(ControlID(1), request, from: peer))
    }
    #expect(effects.oks(to: id).count == 8)
    let told = effects.filter { !$0.isPasswordWork }.map { "\($0)" }.joined(separator: "\n")
    #expect(told.contains("dave"))
    for secret in ["first-pass", "second-pass", "sesame", "correct-horse", "secret-hash"] {
      #expect(!told.contains(secret), "\(secret) is told")
    }
  }

  @Test func `the name of a removed account that owns a room cannot be taken`() {
    let club = RoomRecord(name: Name("club")!, owner: Name("alice")!, moderators: [Name("bob")!])
    var chat = CoreFixture(rooms: [club])
    let id = chat.connect()
    for line in ["/guest Alice", "/guest bob", "/register ALICE correct-horse"] {
      #expect(chat.send(line, from: id).errors(to: id) == [.nameTaken])
    }
  }

  @Test func `the name of a removed account with unread messages cannot be taken`() {
    let letter = PrivateMessage(id: 7, from: Name("bob")!, to: Name("alice")!, text: "for you alone")
    var chat = CoreFixture(mail: [Mail(time: Timestamp(milliseconds: 0), message: letter)], nextID: 8)
    let id = chat.connect()
    #expect(chat.send("/guest alice", from: id).errors(to: id) == [.nameTaken])
  }

  @Test func `a guest's name gives no rights`() {
    let club = RoomRecord(name: Name("club")!, muted: [Name("carol")!])
    var chat = CoreFixture(accounts: [Account("alice")], rooms: [club])
    let carol = chat.guest("carol")
    _ = chat.send("/join club", from: carol)
    #expect(chat.send("/unmute carol", from: carol).errors(to: carol) == [.notPermitted])
    #expect(chat.send("hello", from: carol).errors(to: carol) == [.muted])
  }
}

extension Effect {
  /// Work for the helper threads and the files, which may contain secrets.
  fileprivate var isPasswordWork: Bool {
    switch self {
    case .start(_, .verifyPassword), .start(_, .hashPassword), .hashControlPassword, .hashStoredPassword, .record: true
    default: false
    }
  }

  fileprivate var isPasswordToHash: Bool { if case .start(_, .hashPassword) = self { true } else { false } }
}
