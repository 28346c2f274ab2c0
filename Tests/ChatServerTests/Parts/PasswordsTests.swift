import ChatCore
import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct PasswordsTests {
  private let decoy = "*"

  @Test(arguments: [
    ("correct-horse", true), ("correct-hors", false), ("correct-horsf", false), ("correct-horse ", false), ("", false),
  ])
  func `a password typed into a file is compared whole`(typed: String, matches: Bool) {
    #expect(PasswordService.matches(Secret(typed), "plain:correct-horse", decoyHash: decoy) == matches)
  }

  @Test func `a hash is checked by the system`() throws {
    let hash = try Crypt.hash("correct-horse", cost: 1)
    #expect(PasswordService.matches(Secret("correct-horse"), hash, decoyHash: decoy))
    #expect(!PasswordService.matches(Secret("wrong-horse"), hash, decoyHash: decoy))
  }

  @Test(arguments: ["plain:sch\u{F6}ne-w\u{F6}rter", "plain:scho\u{308}ne-wo\u{308}rter"])
  func `a password fits however its accents are typed`(stored: String) {
    for typed in ["sch\u{F6}ne-w\u{F6}rter", "scho\u{308}ne-wo\u{308}rter", "sch\u{F6}ne-wo\u{308}rter"] {
      #expect(PasswordService.matches(Secret(typed), stored, decoyHash: decoy))
    }
    #expect(!PasswordService.matches(Secret("schone-worter"), stored, decoyHash: decoy))
  }

  @Test(arguments: ["sch\u{F6}ne-w\u{F6}rter", "scho\u{308}ne-wo\u{308}rter"])
  func `a new password is hashed composed`(typed: String) throws {
    let inbox = try Inbox<ServerMessage>()
    var passwords = try PasswordService(waiting_max: 1, inbox: inbox)
    let refused = passwords.hash(OutboxFixture.session(1), at: nil, Secret(typed))
    #expect(refused == nil)
    let poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
    try poller.wait(timeout_ms: -1) { _ in }
    guard case .passwordAnswer(.completed(_, .passwordHashed(let hash?)))? = inbox.takeAll().first else {
      Issue.record("no hash came")
      return
    }
    #expect(Crypt.fits(Array("sch\u{F6}ne-w\u{F6}rter".utf8), hash) == true)
  }

  @Test func `a password that was hashed as it was typed still fits`() throws {
    let typed = "scho\u{308}ne-wo\u{308}rter"
    #expect(PasswordService.matches(Secret(typed), try Crypt.hash(typed, cost: 1), decoyHash: decoy))
  }

  @Test(arguments: ["*", "", "nonsense"])
  func `what is no hash fits nothing`(hash: String) {
    #expect(!PasswordService.matches(Secret("*"), hash, decoyHash: decoy))
    #expect(!PasswordService.matches(Secret(hash), hash, decoyHash: decoy))
  }

  /// The decoy is of the kind that is made here, and what is refused takes its time, whatever stands as the password.
  @Test(arguments: [
    "*", "", "!", "!$y$j9T$salt$hash", "nonsense", "plain:correct-horse", "$1$salt$hash", "$6$salt$hash",
    "$2b$04$salthash", "$y$j5T$salt$hash", "$y$j9T", "$y$bad", "$7$j9T$salt$hash", "$gy$j9T$salt$hash",
    "absalthashhash",
  ])
  func `a refusal takes a check of the kind of hash that is made here`(stored: String) {
    let decoy = "$y$j9T$saltsalt$hash"
    var hashes: [String] = []
    let matches = PasswordService.matches(Secret("wrong-horse"), stored, decoyHash: decoy) { _, hash in
      hashes.append(hash)
      // What the library refuses costs nothing.
      return hash.hasPrefix("$") && hash != "$y$bad" ? false : nil
    }
    #expect(!matches)
    #expect(hashes.last == decoy && hashes.count <= 2)
  }

  @Test func `a hash of the kind that is made here is checked once`() {
    var hashes: [String] = []
    let stored = "$y$j9T$othersalt$otherhash"
    _ = PasswordService.matches(Secret("wrong-horse"), stored, decoyHash: "$y$j9T$saltsalt$hash") { _, hash in
      hashes.append(hash)
      return false
    }
    #expect(hashes == [stored])
  }

  @Test func `the queue has a bound, and its answers come through the inbox`() throws {
    let inbox = try Inbox<ServerMessage>()
    var passwords = try PasswordService(waiting_max: 1, inbox: inbox)
    var accepted = Array(0..<20)
    for number in 0..<20 {
      let refused = passwords.verify(
        OutboxFixture.session(number), at: nil, Secret("secret-\(number)"), against: "plain:secret-\(number)")
      if case .session(let session) = refused { accepted.removeAll { $0 == Int(session.slot) } }
    }
    #expect(accepted.count < 20 && !accepted.isEmpty)
    #expect(passwords.pending == accepted.count)
    let poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
    var answered = 0
    while answered < accepted.count {
      try poller.wait(timeout_ms: -1) { _ in }
      for message in inbox.takeAll() {
        guard case .passwordAnswer(.completed(let session, .passwordVerified(let matches))) = message else { continue }
        #expect(matches && accepted.contains(Int(session.slot)))
        passwords.noteAnswer()
        answered += 1
      }
    }
  }

  @Test func `who comes from another address does not wait for all of one`() throws {
    let inbox = try Inbox<ServerMessage>()
    var passwords = try PasswordService(waiting_max: 0, inbox: inbox)
    for number in 0..<20 {
      let network = Network(of: number < 19 ? "192.0.2.1" : "192.0.2.2")
      _ = passwords.verify(OutboxFixture.session(number), at: network, Secret("secret"), against: "plain:secret")
    }
    let poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
    var order: [Int] = []
    while order.count < 20 {
      try poller.wait(timeout_ms: -1) { _ in }
      for message in inbox.takeAll() {
        guard case .passwordAnswer(.completed(let session, .passwordVerified)) = message else { continue }
        passwords.noteAnswer()
        order.append(Int(session.slot))
      }
    }
    // Two were at work when it came, and one may be before it in turn.
    #expect(order.firstIndex(of: 19)! <= 4)
  }
}
