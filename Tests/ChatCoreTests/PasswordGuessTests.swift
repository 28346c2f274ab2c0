import ChatProtocol
import Testing

@testable import ChatCore

/// Wrong passwords slow the address that they come from.
@Suite struct `Guessing passwords` {
  private static func fixture(bound: Int) -> CoreFixture {
    var settings = Settings()
    settings.failedLoginsPerMinute = bound
    return CoreFixture(settings: settings, accounts: [Account("alice"), Account("bob")])
  }

  @Test func `over many connections at once gains nothing`() {
    var chat = Self.fixture(bound: 3)
    let guessers = (0..<10).map { _ in chat.connect() }
    let first = guessers.flatMap { chat.send("/login alice guess-guess", from: $0) }
    #expect(first.verifications.count == 3)
    #expect(first.held == Array(guessers[3...]))

    // Each wrong one spends a try, so the others are never checked.
    var later: [Effect] = []
    for guesser in guessers[..<3] { later += chat.apply(.passwordVerified(guesser, false)) }
    #expect(later.verifications.isEmpty)
    for guesser in guessers[3...] { #expect(later.errors(to: guesser) == [.tooManyAttempts]) }
    #expect(later.released == Array(guessers[3...]))
    #expect(chat.send("/login alice guess-guess", from: guessers[9]).errors(to: guessers[9]) == [.tooManyAttempts])
  }

  @Test func `right, everybody has a turn, however many come at once from one address`() {
    var chat = Self.fixture(bound: 2)
    let office = (0..<6).map { _ in chat.connect() }
    var effects = office.flatMap { chat.send("/login alice correct-horse", from: $0) }
    for id in office { effects += chat.apply(.passwordVerified(id, true)) }
    #expect(effects.verifications.count == 6)
    for id in office { #expect(effects.oks(to: id) == ["login"]) }
  }

  @Test func `from another address is not slowed`() {
    var chat = Self.fixture(bound: 1)
    let guesser = chat.connect(address: "192.0.2.1")
    _ = chat.send("/login alice guess-guess", from: guesser)
    _ = chat.apply(.passwordVerified(guesser, false))
    let alice = chat.connect(address: "192.0.2.2")
    #expect(chat.send("/login alice correct-horse", from: alice).verifications.count == 1)
  }

  @Test func `goes on for others when somebody who waited or was checked went away`() {
    var chat = Self.fixture(bound: 1)
    let (first, second, third) = (chat.connect(), chat.connect(), chat.connect())
    for id in [first, second, third] { _ = chat.send("/login alice correct-horse", from: id) }
    _ = chat.apply(.disconnected(first, reason: "connection lost"))
    _ = chat.apply(.disconnected(second, reason: "connection lost"))
    #expect(chat.apply(.passwordVerified(first, true)).verifications.count == 1)
    #expect(chat.apply(.passwordVerified(third, true)).oks(to: third) == ["login"])
  }

  @Test func `leaves no word in the log that may be a password typed in the place of the name`() {
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
