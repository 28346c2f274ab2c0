import ChatProtocol
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import ChatCore
@testable import ChatStore

private let peer = ControlPeer(user: "root", uid: 0, pid: 1)

/// A core and the store of its records, without an event loop.
private struct Keeping {
  let store: Store
  var core: Core
  private let scans = Collected<EditScan>()
  private let hasScanned = Semaphore()
  private var requests: UInt64 = 0

  init(_ folder: TemporaryFolder) throws {
    let (scans, hasScanned) = (scans, hasScanned)
    let (store, loaded) = try Store.open(
      folder.folder, clock: { noon }, report: { _ in },
      edited: {
        scans.add($0)
        hasScanned.signal()
      })
    self.store = store
    core = Core(
      InitialState(
        settings: Settings(), accounts: loaded.accounts, rooms: loaded.rooms, users: loaded.users, mail: loaded.mail,
        nextID: loaded.nextID, decoyHash: "*"))
    try apply(.started)
  }

  mutating func apply(_ input: Input) throws {
    var effects: [Effect] = []
    core.apply(input, at: TurnTime(wall: noon, steady: SteadyTime(milliseconds: 0)), into: &effects)
    for case .record(let record) in effects { store.append(record) }
    try store.commit()
  }

  mutating func set(_ user: String, _ change: ControlUserChange) throws {
    requests += 1
    try apply(.control(ControlID(requests), .usersSet(Name(user)!, change), from: peer))
  }

  /// Waits until the store has found the edit.
  mutating func findEdit() throws {
    while scans.all.last?.edit.changesRows != true {
      store.scanForEdits()
      hasScanned.wait()
    }
    try apply(.edited(scans.all.last!.edit))
  }
}

@Suite struct `A long edit that is interrupted` {
  private static let rows = (0..<1000).map { "user\($0),*,,active\n" }
  private static let header = "name,password,role,status\n"

  /// Starts the edit and calls `body`, which closes the store.
  private func edit<Result>(_ folder: TemporaryFolder, _ body: (inout Keeping) throws -> Result) throws -> Result {
    try folder.write("users.csv", Self.header + Self.rows.joined())
    var keeping = try Keeping(folder)
    let text =
      Self.header + Self.rows.prefix(950).joined().replacing("active", with: "disabled")
      + Self.rows.suffix(50).joined()
    try folder.write("users.csv.tmp", text)
    // The edit is based on the file before these changes. It changes the first row too, but not the second. It is saved
    // before the server writes the file, so that both changes of the first row are merged.
    try keeping.set("user900", ControlUserChange(isOperator: true))
    try keeping.set("user990", ControlUserChange(isOperator: true))
    try File.rename("\(folder.path)/users.csv.tmp", to: folder.folder.users)
    try keeping.findEdit()
    return try body(&keeping)
  }

  private func check(_ accounts: Accounts) {
    #expect(accounts.count == 1000)
    #expect((0..<950).allSatisfy { accounts[Name("user\($0)")!]?.status == .disabled })
    #expect(accounts[Name("user990")!]?.role == .operator)
  }

  @Test(arguments: 0...5, [false, true])
  func `by a crash is complete after the next start`(pieces: Int, saves: Bool) throws {
    let folder = try TemporaryFolder()
    let isThrough = try edit(folder) { keeping in
      for _ in 0..<pieces where keeping.core.edits.active != nil { try keeping.apply(.editContinues) }
      if saves {
        let saved = Semaphore()
        keeping.store.save { _ in saved.signal() }
        saved.wait()
      }
      keeping.store.abandon()
      return keeping.core.edits.active == nil
    }
    #expect(pieces > 2 || !isThrough)
    #expect(pieces < 5 || isThrough)
    let (_, loaded) = try open(folder)
    check(loaded.accounts)
    #expect(loaded.accounts[Name("user900")!]?.role == .operator)
  }

  @Test func `by a stop is complete, with the server's own changes`() throws {
    let folder = try TemporaryFolder()
    try edit(folder) { keeping in
      try keeping.apply(.stop(reason: "bye"))
      _ = try keeping.store.finish(isClean: true)
    }
    let (_, loaded) = try open(folder)
    check(loaded.accounts)
    #expect(loaded.accounts[Name("user900")!]?.role == .operator)
  }

  @Test func `by a failing disk continues`() throws {
    let folder = try TemporaryFolder()
    try edit(folder) { keeping in
      keeping.store.hold()
      while keeping.core.edits.active != nil { try keeping.apply(.editContinues) }
      _ = try keeping.store.resume()
      keeping.store.abandon()
    }
    let (_, loaded) = try open(folder)
    check(loaded.accounts)
    #expect(loaded.accounts[Name("user900")!]?.role == .operator)
  }
}
