import ChatCore
import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct PasswordServiceTests {
  private let decoy = "*"

  @Test(arguments: [
    ("correct-horse", true), ("correct-hors", false), ("correct-horsf", false), ("correct-horse ", false), ("", false),
  ])
  func `a password typed into a file is compared whole`(typed: String, matches: Bool) {
    #expect(PasswordService.matches(Secret(typed), "plain:correct-horse", decoyHash: decoy) == matches)
  }

  @Test func `a hash is checked with crypt`() throws {
    let hash = try Crypt.hash("correct-horse", cost: 1)
    #expect(PasswordService.matches(Secret("correct-horse"), hash, decoyHash: decoy))
    #expect(!PasswordService.matches(Secret("wrong-horse"), hash, decoyHash: decoy))
  }

  @Test(arguments: ["plain:sch\u{F6}ne-w\u{F6}rter", "plain:scho\u{308}ne-wo\u{308}rter"])
  func `a password matches however its accents are typed`(stored: String) {
    for typed in ["sch\u{F6}ne-w\u{F6}rter", "scho\u{308}ne-wo\u{308}rter", "sch\u{F6}ne-wo\u{308}rter"] {
      #expect(PasswordService.matches(Secret(typed), stored, decoyHash: decoy))
    }
    #expect(!PasswordService.matches(Secret("schone-worter"), stored, decoyHash: decoy))
  }

  @Test(arguments: ["sch\u{F6}ne-w\u{F6}rter", "scho\u{308}ne-wo\u{308}rter"])
  func `a new password is hashed composed`(typed: String) throws {
    let work = try PendingWork()
    var passwords = try PasswordService(waitingMax: 1)
    passwords.hash(Secret(typed), work.completion(0)) {
      .completed(OutboxFixture.session(0), .passwordHashed($0))
    }
    guard case .completed(.completed(_, .passwordHashed(let hash?)), _, _) = try work.next() else {
      Issue.record("no hash came")
      return
    }
    #expect(Crypt.fits(Array("sch\u{F6}ne-w\u{F6}rter".utf8), hash) == true)
  }

  @Test func `an older hash of the password as it was typed still matches`() throws {
    let typed = "scho\u{308}ne-wo\u{308}rter"
    #expect(PasswordService.matches(Secret(typed), try Crypt.hash(typed, cost: 1), decoyHash: decoy))
  }

  @Test(arguments: ["*", "", "nonsense"])
  func `a text that is not a hash matches no password`(hash: String) {
    #expect(!PasswordService.matches(Secret("*"), hash, decoyHash: decoy))
    #expect(!PasswordService.matches(Secret(hash), hash, decoyHash: decoy))
  }

  /// The decoy uses the present hash method, and every rejection takes the time of one check, whatever is stored.
  @Test(arguments: [
    "*", "", "!", "!$y$j9T$salt$hash", "nonsense", "plain:correct-horse", "$1$salt$hash", "$6$salt$hash",
    "$2b$04$salthash", "$y$j5T$salt$hash", "$y$j9T", "$y$bad", "$7$j9T$salt$hash", "$gy$j9T$salt$hash",
    "absalthashhash",
  ])
  func `a rejection includes a check with the present hash method`(stored: String) {
    let decoy = "$y$j9T$saltsalt$hash"
    var hashes: [String] = []
    let matches = PasswordService.matches(Secret("wrong-horse"), stored, decoyHash: decoy) { _, hash in
      hashes.append(hash)
      // A hash that the library rejects costs no time.
      return hash.hasPrefix("$") && hash != "$y$bad" ? false : nil
    }
    #expect(!matches)
    #expect(hashes.last == decoy && hashes.count <= 2)
  }

  @Test func `a hash of the present method is checked once`() {
    var hashes: [String] = []
    let stored = "$y$j9T$othersalt$otherhash"
    _ = PasswordService.matches(Secret("wrong-horse"), stored, decoyHash: "$y$j9T$saltsalt$hash") { _, hash in
      hashes.append(hash)
      return false
    }
    #expect(hashes == [stored])
  }

  @Test func `addresses take turns`() throws {
    let work = try PendingWork()
    var passwords = try PasswordService(waitingMax: 0)
    for number in 0..<20 {
      passwords.verify(
        Secret("secret"), against: "plain:secret",
        work.completion(number, from: number < 19 ? "192.0.2.1" : "192.0.2.2"))
    }
    var order: [Int] = []
    while order.count < 20 {
      guard case .completed(.completed(let session, .passwordVerified), .passwords, _) = try work.next() else {
        continue
      }
      passwords.jobEnded()
      order.append(Int(session.slot))
    }
    // Two were running when it arrived, and one may be ahead of it.
    #expect(order.firstIndex(of: 19)! <= 4)
  }
}
