import ChatCore
import ChatProtocol
import Glibc
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import ChatStore

/// The messages of another thread, in order.
final class Collected<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  var all: [Element] { elements.withLock { $0 } }

  func add(_ element: Element) { elements.withLock { $0.append(element) } }
}

typealias Reported = Collected<StoreNotice>

let noon = Timestamp("2026-11-20T12:00:00.000Z")!

func open(_ folder: TemporaryFolder, _ reported: Reported = Reported()) throws -> (Store, LoadedData) {
  try Store.open(folder.folder, clock: { noon }, report: { reported.add($0) })
}

@Test func `a new folder is created and read again`() throws {
  let folder = try TemporaryFolder()
  let alice = Account(
    name: Name("Alice")!, password: "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", role: .operator,
    email: EmailAddress("alice@example.org"),
    created: noon)
  let den = RoomRecord(name: Name("den")!, topic: "a \"quiet\" place", owner: alice.name, created: noon)
  let state = UserState(name: alice.name, lastSeen: noon, rooms: [.lobby, den.name], away: "tea")
  let mail = Mail(time: noon, message: PrivateMessage(id: 8, from: Name("bob")!, to: alice.name, text: "psst"))
  do {
    let (store, loaded) = try open(folder)
    #expect(loaded.nextID == 1)
    #expect(loaded.notices == [])
    let none = UserState(name: alice.name)
    let records: [Record] = [.account(alice, was: nil), .room(den, was: nil), .user(state, was: none), .mail(mail)]
    for record in records { store.append(record) }
    store.append(.message(RoomMessage(id: 7, room: .lobby, from: alice.name, text: "hello")), at: noon)
    try store.commit()
    #expect(try store.finish(isClean: true).written == ["users.csv", "rooms.json", "state.json"])
  }
  let (_, loaded) = try open(folder)
  #expect(loaded.accounts == [alice])
  #expect(loaded.rooms == [den])
  #expect(loaded.users == [state])
  #expect(loaded.mail == [mail])
  #expect(loaded.nextID == 9)
  #expect(loaded.notices == [])
  #expect(
    try folder.text("users.csv") == """
      name,password,role,status,email,created
      Alice,$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG,operator,active,alice@example.org,2026-11-20T12:00:00.000Z

      """)
  #expect(
    try folder.text("chat.log") == "2026-11-20T12:00:00.000Z message id=7 room=lobby from=Alice text=\"hello\"\n")
}

@Test func `a folder in use is rejected with its process`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try open(folder)
  _ = try store.finish(isClean: true)
  let before = try folder.names().map { (name: $0, bytes: try folder.bytes($0)) }
  let process = ProcessTable.name(of: CurrentProcess.id)
  let error = StoreError.held(folder: folder.path, pid: CurrentProcess.id, process: process)
  #expect(throws: error) { _ = try open(folder) }
  #expect(error.description.hasPrefix("\(folder.path) is in use by process \(CurrentProcess.id) ("))
  #expect(try folder.names() == before.map(\.name))
  for file in before { #expect(try folder.bytes(file.name) == file.bytes) }
  withExtendedLifetime(store) {}
}

@Test func `the lock of a dead server is taken`() throws {
  let folder = try TemporaryFolder()
  try folder.write("lock", "4194304\n and more")
  let (store, _) = try open(folder)
  #expect(try folder.text("lock") == "\(CurrentProcess.id)\n")
  withExtendedLifetime(store) {}
}

/// A folder where every file has something wrong.
private func malformedFolder() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try folder.write("settings.json", "{\n\"line_byte\": 1}")
  try folder.write("users.csv", "name,password\nalice,\nal ice,*\n")
  try folder.write("rooms.json", "{\"rooms\": [\n{\"topic\": 1}]}")
  try folder.write("state.json", "")
  try folder.write("chat.log", "torn")
  return folder
}

@Test func `a check reports all errors of all files`() throws {
  let folder = try malformedFolder()
  let names = try folder.names()
  let errors = DataFolder(folder.path + "/").check()
  #expect(
    errors.map { String($0.description.dropFirst(folder.path.utf8.count + 1).prefix { $0 != " " }) } == [
      "settings.json:2:", "users.csv:2:", "users.csv:3:", "rooms.json:2:", "rooms.json:2:", "state.json:1:",
    ])
  #expect(try folder.names() == names)
}

@Test func `a malformed file stops the start and nothing is changed`() throws {
  let folder = try malformedFolder()
  let before = try folder.names().map { (name: $0, bytes: try folder.bytes($0)) }
  #expect(throws: StoreError.malformed(folder.folder.check())) { _ = try open(folder) }
  // Except the lock, which the scan needs.
  #expect(try folder.names().filter { $0 != "lock" } == before.map(\.name))
  for file in before { #expect(try folder.bytes(file.name) == file.bytes) }
}

@Test func `a missing folder is an error, and so is a file with its name`() throws {
  let folder = try TemporaryFolder()
  let missing = FileError(
    file: folder.path + "/nowhere", line: nil,
    problem: "the folder does not exist; name the data folder with --data (a server creates it at its start)")
  #expect(DataFolder(folder.path + "/nowhere").check() == [missing])
  #expect(missing.description.hasPrefix(folder.path + "/nowhere: the folder does not exist; "))
  try folder.write("file", "x")
  let error = FileError(
    file: folder.path + "/file", line: nil,
    problem: "this is not a folder; name the data folder with --data")
  #expect(DataFolder(folder.path + "/file").check() == [error])
  #expect(throws: StoreError.cannotCreate(path: folder.path + "/file", .notDirectory)) {
    _ = try Store.open(DataFolder(folder.path + "/file"), report: { _ in })
  }
  #expect(throws: StoreError.cannotCreate(path: folder.path + "/no/where", .noSuchFileOrDirectory)) {
    _ = try Store.open(DataFolder(folder.path + "/no/where"), report: { _ in })
  }
}

@Test func `a folder and files accessible to others are made private`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "name,password\n")
  try File.changeMode(folder.path, 0o755)
  try File.changeMode(folder.folder.users, 0o644)
  let (store, loaded) = try open(folder)
  #expect(loaded.notices == [.madePrivate(path: folder.path), .madePrivate(path: folder.folder.users)])
  #expect(try File.status(folder.path).mode == 0o700)
  for name in try folder.names() { #expect(try File.status("\(folder.path)/\(name)").mode == 0o600) }
  withExtendedLifetime(store) {}
}

@Test func `the key of a certificate is made private, and its certificate is left as it is`() throws {
  let folder = try TemporaryFolder()
  try File.changeMode(folder.path, 0o700)
  try File.makeDirectory(folder.path("tls"), mode: 0o700)
  for file in [folder.folder.tlsCertificate, folder.folder.tlsKey] {
    try File.open(file, [.writeOnly, .create]).writeAll("x")
    try File.changeMode(file, 0o644)
  }
  let (store, loaded) = try open(folder)
  #expect(loaded.notices == [.madePrivate(path: folder.folder.tlsKey)])
  #expect(try File.status(folder.folder.tlsCertificate).mode == 0o644)
  withExtendedLifetime(store) {}
}

private final class Captured: Sendable {
  let result = Mutex<Result<FolderCapture, StoreError>?>(nil)
}

@Test func `a capture has the certificate and its key as they were, but no link`() throws {
  let folder = try TemporaryFolder()
  try File.makeDirectory(folder.path("tls"))
  try folder.write("tls/certificate.pem", "public")
  try folder.write("tls/key.pem", "secret")
  let (store, _) = try open(folder)
  func capture() throws -> [String: String] {
    let isDone = Semaphore()
    let captured = Captured()
    store.capture(at: noon) { result in
      captured.result.withLock { $0 = result }
      isDone.signal()
    }
    isDone.wait()
    let files = try captured.result.withLock { $0 }!.get().files.filter { $0.name.hasPrefix("tls/") }
    // Renewed before it is read.
    try File.unlink(folder.path("tls/certificate.pem"))
    try folder.write("tls/certificate.pem", "another")
    return try Dictionary(
      uniqueKeysWithValues: files.map { file in
        (file.name, String(decoding: try file.open().pread(upTo: Int(file.size), at: 0), as: UTF8.self))
      })
  }
  #expect(try capture() == ["tls/certificate.pem": "public", "tls/key.pem": "secret"])
  try File.unlink(folder.path("tls/key.pem"))
  #expect(unsafe symlink(folder.path("users.csv"), folder.path("tls/key.pem")) == 0)
  #expect(try capture() == ["tls/certificate.pem": "another"])
}

@Test func `a link instead of a file is an error`() throws {
  let folder = try TemporaryFolder()
  try folder.write("elsewhere", "name,password\n")
  #expect(unsafe symlink("elsewhere", folder.folder.users) == 0)
  #expect(
    folder.folder.check().map(\.problem) == [
      "the file cannot be read: it is not a regular file but a link, folder, pipe, socket or device; put the file itself here, or remove it"
    ])
}

@Test func `no id is issued again after a crash`() throws {
  let folder = try TemporaryFolder()
  do {
    let (store, _) = try open(folder)
    store.append(.message(RoomMessage(id: 7, room: .lobby, from: Name("a")!, text: "x")), at: noon)
    store.append(.mail(Mail(time: noon, message: PrivateMessage(id: 9, from: Name("a")!, to: Name("b")!, text: "x"))))
    try store.commit()
    store.abandon()
  }
  let (store, loaded) = try open(folder)
  #expect(loaded.notices == [.uncleanShutdown(changes: 1)])
  #expect(loaded.nextID > 9)
  _ = try store.finish(isClean: true)
}

@Test func `a store that a failing server drops has written all committed turns`() throws {
  let folder = try TemporaryFolder()
  let alice = Account(name: Name("alice")!, password: "*")
  do {
    let (store, _) = try open(folder)
    store.append(.account(alice, was: nil))
    try store.commit()
    store.append(.account(Account(name: Name("bob")!, password: "*"), was: nil))
  }
  let (_, loaded) = try open(folder)
  #expect(loaded.accounts == [alice])
  #expect(loaded.notices == [.uncleanShutdown(changes: 0)])
}

@Test func `a store without appends leaves every file as it was`() throws {
  let folder = try TemporaryFolder()
  do {
    let (store, _) = try open(folder)
    store.append(.account(Account(name: Name("alice")!, password: "*"), was: nil))
    try store.commit()
    _ = try store.finish(isClean: true)
  }
  let before = try folder.names().map { (name: $0, bytes: try folder.bytes($0)) }
  do { _ = try open(folder) }
  #expect(try folder.names() == before.map(\.name))
  for file in before { #expect(try folder.bytes(file.name) == file.bytes) }
}

@Test func `pending saves are done before the end`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try open(folder)
  let saves = Collected<Bool>()
  let path = folder.folder.users
  for number in 1...20 {
    store.append(.account(Account(name: Name("user\(number)")!, password: "*"), was: nil))
    try store.commit()
    store.save { result in
      // Earlier commits are in the file when the save is reported.
      let text = String(decoding: (try? File.readWhole(path)) ?? [], as: UTF8.self)
      saves.add((try? result.get()) != nil && text.contains("user\(number),"))
    }
  }
  _ = try store.finish(isClean: true)
  #expect(saves.all == Array(repeating: true, count: 20))
}

@Test(arguments: SyncPolicy.allCases)
func `lines and records are written under every policy`(policy: SyncPolicy) throws {
  let folder = try TemporaryFolder()
  let (store, _) = try Store.open(folder.folder, policy: policy, clock: { noon }, report: { _ in })
  #expect(store.policy == policy)
  store.append(.event("start", [], text: nil), at: noon)
  store.append(.event("ready", [], text: nil), at: noon.adding(milliseconds: 1))
  try store.commit()
  #expect(
    try folder.text("chat.log") == "2026-11-20T12:00:00.000Z start\n2026-11-20T12:00:00.001Z ready\n")
  try store.commit()
  store.append(.room(RoomRecord(name: Name("den")!), was: nil))
  try store.commit()
  _ = try store.finish(isClean: true)
  // The log stays open after the last save, so that it can record it.
  store.append(.event("stop", [], text: nil), at: noon)
  try store.commit()
  #expect(try folder.text("chat.log").hasSuffix("ready\n2026-11-20T12:00:00.000Z stop\n"))
  #expect(try folder.text("rooms.json").contains("\"den\""))
}

@Test func `the policy is the command line's, then the file's, then everysec`() throws {
  let folder = try TemporaryFolder()
  #expect(try open(folder).0.policy == .everysec)
  try folder.write("settings.json", #"{"fsync": "always"}"#)
  #expect(try open(folder).0.policy == .always)
  #expect(try Store.open(folder.folder, policy: .no, report: { _ in }).0.policy == .no)
  #expect(try folder.folder.readSettings().fsync == .always)
}

@Test func `a renamed log is followed by a new one`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try open(folder)
  func log(_ event: String) throws {
    store.append(.event(event, [], text: nil), at: noon)
    try store.commit()
  }
  try log("one")
  try store.reopenLog()
  try log("two")
  try File.rename(folder.folder.log, to: folder.folder.log + ".1")
  try log("three")
  store.append(.event("four", [], text: nil), at: noon)
  try store.reopenLog()
  try log("five")
  _ = try store.finish(isClean: true)
  #expect(
    try folder.text("chat.log.1").split(separator: "\n").map { $0.dropFirst(25) } == ["one", "two", "three", "four"])
  #expect(try folder.text("chat.log").split(separator: "\n").map { $0.dropFirst(25) } == ["five"])
}

@Test func `a removed account leaves no state behind`() throws {
  let folder = try TemporaryFolder()
  let alice = Account(name: Name("alice")!, password: "*")
  let (store, _) = try open(folder)
  store.append(.account(alice, was: nil))
  let state = UserState(name: alice.name, away: "tea")
  store.append(.user(state, was: UserState(name: alice.name)))
  store.append(.accountRemoved(was: alice))
  store.append(.userRemoved(state.name))
  try store.commit()
  _ = try store.finish(isClean: true)
  #expect(!(try folder.text("users.csv") + folder.text("state.json")).contains("alice"))
}
