import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// Sessions that wait for helper threads, and the inbox for their completions.
final class PendingWork {
  let inbox: Inbox<ServerMessage>
  private let poller: Poller
  private var messages: [ServerMessage] = []

  init() throws {
    inbox = try Inbox()
    poller = try Poller()
    try poller.add(inbox.rawValue, token: 0, interest: .readable)
  }

  /// The completion of a session's work, with the result if the work is dropped.
  func completion(
    _ number: Int, from address: String? = nil, ifDropped: WorkResult = .refused
  ) -> Completion {
    let session = OutboxFixture.session(number)
    return Completion(
      inbox, session: session, network: address.map { Network(of: $0) },
      ifDropped: .completed(.completed(session, ifDropped)))
  }

  /// Waits for the next message.
  func next() throws -> ServerMessage {
    while messages.isEmpty {
      guard try poller.wait(timeoutMilliseconds: 60_000, { _ in }) > 0 else { throw TestFailure("no completion came") }
      messages = inbox.takeAll()
    }
    return messages.removeFirst()
  }

  /// Waits for one completion of each of `count` sessions, and calls `body` with each. Fails at a second one.
  func completeAll(_ count: Int, _ body: (WorkResult, HelperPool.Kind?) -> Void) throws {
    var completed: Set<SessionID> = []
    while completed.count < count {
      guard case .completed(.completed(let session, let result), let pool, _) = try next() else { continue }
      #expect(completed.insert(session).inserted, "a session has one completion")
      body(result, pool)
    }
    let rest = inbox.takeAll()
    #expect(rest.isEmpty)
  }
}

@Suite struct CompletionTests {
  @Test func `dropped work completes with a rejection, and finished work with its result`() throws {
    let work = try PendingWork()
    do { _ = work.completion(1) }
    work.completion(2).finish(.completed(.completed(OutboxFixture.session(2), .passwordVerified(true))))
    var results: [Bool] = []
    for _ in 0..<2 {
      guard case .completed(.completed(_, let result), _, _) = try work.next() else { continue }
      if case .passwordVerified = result { results.append(true) } else { results.append(false) }
    }
    #expect(results == [false, true])
    let rest = work.inbox.takeAll()
    #expect(rest.isEmpty)
  }

  @Test func `a full password queue rejects work, and every session gets one completion`() throws {
    let work = try PendingWork()
    var passwords = try PasswordService(waitingMax: 1)
    for number in 0..<20 {
      passwords.verify(Secret("secret"), against: "plain:secret", work.completion(number))
    }
    var refused = 0
    try work.completeAll(20) { result, pool in
      if case .refused = result { refused += 1 }
      if pool != nil { passwords.jobEnded() }
    }
    #expect(refused > 0 && refused < 20)
    #expect(passwords.pending == 0)
  }

  @Test(arguments: [HistoryQuery.Page.last(10), .found("x")])
  func `a full queue of history requests rejects work, and every session gets one completion`(
    page: HistoryQuery.Page
  ) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let (store, _) = try Store.open(DataFolder(folder), policy: .no, report: { _ in })
    let work = try PendingWork()
    var history = try HistoryService(
      reader: store.history, privateReader: store.privateHistory, scanBytesMax: 1 << 20)
    let count = 2 * HistoryService.waitingMax
    for number in 0..<count {
      let completion = work.completion(number, ifDropped: .historyRead(.unavailable(reason: "full")))
      history.read(HistoryQuery(room: .lobby, before: 1, page: page), completion)
    }
    history.start()
    var refused = 0
    try work.completeAll(count) { result, pool in
      if case .historyRead(.unavailable("full")) = result { refused += 1 }
      if let pool { history.jobEnded(isSearch: pool == .searches) }
      history.start()
    }
    #expect(refused > 0 && refused < count)
    #expect(history.pending == 0)
    _ = try store.finish(isClean: true)
  }

  @Test func `stopping helpers complete the waiting work`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let (store, _) = try Store.open(DataFolder(folder), policy: .no, report: { _ in })
    let work = try PendingWork()
    let deadline = Instant.now + .seconds(60)

    var passwords = try PasswordService(waitingMax: 0)
    for number in 0..<10 { passwords.verify(Secret("secret"), against: "plain:secret", work.completion(number)) }
    let passwordsEnded = passwords.stop(until: deadline)
    #expect(passwordsEnded)

    var history = try HistoryService(
      reader: store.history, privateReader: store.privateHistory, scanBytesMax: 1 << 20)
    for number in 10..<20 {
      let completion = work.completion(number, ifDropped: .historyRead(.unavailable(reason: "stopped")))
      history.read(HistoryQuery(room: .lobby, before: 1, page: .last(10)), completion)
    }
    let historyEnded = history.stop(until: deadline)
    #expect(historyEnded)

    var transfers = try TransferService(folder: store.files)
    for number in 20..<30 {
      let completion = work.completion(number)
      transfers.check(.partOf(1, size: 1), completion)
    }
    let transfersEnded = transfers.stop(until: deadline)
    #expect(transfersEnded)

    try work.completeAll(30) { _, _ in }
    _ = try store.finish(isClean: true)
  }
}
