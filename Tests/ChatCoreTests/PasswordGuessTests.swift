import ChatProtocol
import Testing

@testable import ChatCore

/// Wrong passwords limit an address, and sooner the pair of address and account.
@Suite struct `Guessing passwords` {
  private static func fixture(bound: Int) -> CoreFixture {
    var settings = Settings()
    settings.failedLoginsPerMinute = bound
    return CoreFixture(settings: settings, accounts: [Account("alice"), Account("bob")])
  }

  @Test func `over many connections at once gains nothing`() {
    var chat = Self.fixture(bound: 6)
    let guessers = (0..<10).map { _ in chat.connect() }
    let first = guessers.flatMap { chat.send("/login alice guess-guess", from: $0) }
    #expect(first.verifications.count == 3)
    #expect(first.held == Array(guessers[3...]))

    // Each wrong password uses up an attempt, so the others are never checked.
    var later: [Effect] = []
    for guesser in guessers[..<3] { later += chat.apply(.passwordVerified(guesser, false)) }
    #expect(later.verifications.isEmpty)
    for guesser in guessers[3...] { #expect(later.errors(to: guesser) == [.tooManyAttempts]) }
    #expect(later.released == Array(guessers[3...]))
    #expect(chat.send("/login alice guess-guess", from: guessers[9]).errors(to: guessers[9]) == [.tooManyAttempts])
  }

  @Test func `does not delay correct passwords, however many come at once from one address`() {
    var chat = Self.fixture(bound: 2)
    let office = (0..<6).map { _ in chat.connect() }
    var effects = office.flatMap { chat.send("/login alice correct-horse", from: $0) }
    for id in office { effects += chat.apply(.passwordVerified(id, true)) }
    #expect(effects.verifications.count == 6)
    for id in office { #expect(effects.oks(to: id) == ["login"]) }
  }

  @Test func `from one address does not limit another`() {
    var chat = Self.fixture(bound: 1)
    let guesser = chat.connect(address: "192.0.2.1")
    _ = chat.send("/login alice guess-guess", from: guesser)
    _ = chat.apply(.passwordVerified(guesser, false))
    let alice = chat.connect(address: "192.0.2.2")
    #expect(chat.send("/login alice correct-horse", from: alice).verifications.count == 1)
  }

  @Test func `for one account leaves other accounts half of the address's attempts`() {
    var chat = Self.fixture(bound: 4)
    let guesser = chat.connect()
    for _ in 0..<2 {
      _ = chat.send("/login alice guess-guess", from: guesser)
      #expect(chat.apply(.passwordVerified(guesser, false)).errors(to: guesser) == [.wrongPassword])
    }
    #expect(chat.send("/login ALICE correct-horse", from: guesser).errors(to: guesser) == [.tooManyAttempts])
    let bob = chat.connect()
    #expect(chat.send("/login bob correct-horse", from: bob).verifications.count == 1)
    #expect(chat.apply(.passwordVerified(bob, true)).oks(to: bob) == ["login"])
    // The owner of the account, at another address, is not affected.
    let alice = chat.connect(address: "192.0.2.2")
    #expect(chat.send("/login alice correct-horse", from: alice).verifications.count == 1)
    // After a minute the address may try again.
    chat.now = Timestamp(milliseconds: chat.now.milliseconds + 60_000)
    #expect(chat.send("/login alice correct-horse", from: guesser).verifications.count == 1)
  }

  @Test func `for a name without an account is rejected like any other`() {
    var chat = Self.fixture(bound: 4)
    let guesser = chat.connect()
    var refusals: [[ErrorCode]] = []
    for name in ["alice", "nobody"] {
      for _ in 0..<2 {
        _ = chat.send("/login \(name) guess-guess", from: guesser)
        _ = chat.apply(.passwordVerified(guesser, false))
      }
      chat.now = Timestamp(milliseconds: chat.now.milliseconds + 1)
      refusals.append(chat.send("/login \(name) guess-guess", from: guesser).errors(to: guesser))
      chat.now = Timestamp(milliseconds: chat.now.milliseconds + 60_000)
    }
    #expect(refusals == [[.tooManyAttempts], [.tooManyAttempts]])
  }

  @Test func `from many addresses of an IPv6 network counts as one address`() {
    var chat = Self.fixture(bound: 1)
    let guesser = chat.connect(address: "2001:db8::1")
    _ = chat.send("/login alice guess-guess", from: guesser)
    _ = chat.apply(.passwordVerified(guesser, false))
    let again = chat.connect(address: "2001:db8::ffff:2")
    #expect(chat.send("/login bob guess-guess", from: again).errors(to: again) == [.tooManyAttempts])
    let other = chat.connect(address: "2001:db8:0:1::1")
    #expect(chat.send("/login bob guess-guess", from: other).verifications.count == 1)
  }

  @Test func `without a bound is not counted`() {
    var chat = Self.fixture(bound: 0)
    let guesser = chat.connect()
    for _ in 0..<100 {
      #expect(chat.send("/login alice guess-guess", from: guesser).verifications.count == 1)
      _ = chat.apply(.passwordVerified(guesser, false))
    }
  }

  @Test func `does not block others when a waiting or checked connection is lost`() {
    var chat = Self.fixture(bound: 1)
    let (first, second, third) = (chat.connect(), chat.connect(), chat.connect())
    for id in [first, second, third] { _ = chat.send("/login alice correct-horse", from: id) }
    _ = chat.apply(.disconnected(first, reason: "connection lost"))
    _ = chat.apply(.disconnected(second, reason: "connection lost"))
    #expect(chat.apply(.passwordVerified(first, true)).verifications.count == 1)
    #expect(chat.apply(.passwordVerified(third, true)).oks(to: third) == ["login"])
  }

  @Test func `logs no word that may be a password typed instead of a name`() {
    var chat = Self.fixture(bound: 5)
    let id = chat.connect()
    _ = chat.send("/login my-password alice", from: id)
    let effects = chat.apply(.passwordVerified(id, false))
    #expect(effects.errors(to: id) == [.wrongPassword])
    #expect(!"\(effects)".contains("my-password"))
  }
}

extension [Effect] {
  fileprivate var held: [SessionID] { compactMap { if case .hold(let id) = $0 { id } else { nil } } }
  fileprivate var released: [SessionID] { compactMap { if case .release(let id) = $0 { id } else { nil } } }
}
