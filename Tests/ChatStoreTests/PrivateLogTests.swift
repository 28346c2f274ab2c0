import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private let alice = Name("alice")!
private let bob = Name("Bob")!
private let eve = Name("eve")!

private func opened(_ folder: TemporaryFolder, _ disk: DiskCalls = .real) throws -> (Store, LoadedData) {
  try Store.open(folder.folder, policy: .always, disk: disk, clock: { noon }, report: { _ in })
}

private func send(_ id: MessageID, from: Name, to: Name, _ store: Store, _ text: String = "psst") {
  store.append(PrivateMessage(id: id, from: from, to: to, text: text), at: noon)
  store.append(
    .event("private", [.init("id", "\(id)"), .init("from", from.text), .init("to", to.text)], text: nil), at: noon)
}

private func ids(
  _ store: Store, of user: Name, with other: Name, from first: MessageID = 1, _ page: HistoryQuery.Page = .last(50)
) -> [MessageID] {
  let query = HistoryQuery(.conversation(of: user, with: other), firstID: first, before: 1000, page: page)
  guard case .messages(let messages, _, _, _) = store.privateHistory.read(query, scanBytesMax: 0) else { return [0] }
  return messages.map(\.message.id)
}

@Test func `the private log has each conversation for its two users alone, from the first id of the reader on`() throws
{
  let folder = try TemporaryFolder()
  let (store, _) = try opened(folder)
  send(1, from: alice, to: bob, store)
  send(2, from: bob, to: alice, store, "to=eve from=eve room=eve")
  send(3, from: eve, to: alice, store)
  send(4, from: alice, to: alice, store)
  send(5, from: alice, to: bob, store, "late")
  try store.commit()
  for pages in [HistoryQuery.Page.last(50), .since(0), .around(3)] {
    #expect(ids(store, of: alice, with: Name("BOB")!, pages) == [1, 2, 5])
    #expect(ids(store, of: bob, with: alice, pages) == [1, 2, 5])
    #expect(ids(store, of: bob, with: alice, from: 3, pages) == [5])
    #expect(ids(store, of: alice, with: eve, pages) == [3])
    #expect(ids(store, of: alice, with: alice, pages) == [4])
    #expect(ids(store, of: eve, with: bob, pages) == [])
    #expect(ids(store, of: eve, with: eve, pages) == [])
  }
  #expect(ids(store, of: bob, with: alice, .found("LATE")) == [5])
  #expect(ids(store, of: eve, with: alice, .found("late")) == [])
}

@Test func `the private log is read by no other reader, and its text is in no other file`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try opened(folder)
  send(1, from: alice, to: bob, store, "zanzibar")
  try store.commit()
  for name in ["lobby", "alice", "bob", "private"] {
    let query = HistoryQuery(room: Name(name)!, before: 1000, page: .last(50))
    #expect(store.history.read(query, scanBytesMax: 0) == .messages([]))
    // Nor is a room's message one of a conversation.
    #expect(store.privateHistory.read(query, scanBytesMax: 0) == .messages([]))
  }
  for form in [ControlLogQuery.Form.lines, .events, .messages(alice), .messages(bob)] {
    let scan = store.history.reading(ControlLogQuery(form, last: 100), until: store.position)
    var found: [UInt8] = []
    var isRead = false
    while !isRead {
      switch scan.next() {
      case .more(let part): found += part ?? []
      case .last(let part, _): (found, isRead) = (found + (part ?? []), true)
      case .failed(let error): throw error
      }
    }
    #expect(!String(decoding: found, as: UTF8.self).contains("zanzibar"))
  }
  _ = try store.finish(isClean: true)
  for name in try File.names(inDirectory: folder.folder.path) where name != "private.log" {
    let text = try? folder.text(name)
    #expect(text?.contains("zanzibar") != true, "\(name)")
  }
  #expect(try folder.text("private.log").contains("zanzibar"))
  #expect(try File.status(folder.folder.privateLog).mode & 0o777 == 0o600)
}

@Test func `the private log is rotated with the other log, and repaired at a start`() throws {
  let folder = try TemporaryFolder()
  do {
    let (store, _) = try opened(folder)
    send(1, from: alice, to: bob, store)
    try store.commit()
    try File.rename(folder.folder.privateLog, to: folder.folder.privateLog + ".1")
    send(2, from: alice, to: bob, store)
    try store.commit()
    try store.reopenLog()
    send(3, from: bob, to: alice, store)
    try store.commit()
    #expect(ids(store, of: alice, with: bob) == [1, 2, 3])
    #expect(try folder.text("private.log").split(separator: "\n").count == 1)
    store.abandon()
  }
  try folder.write("private.log", try folder.bytes("private.log") + Array("2026-11-20T12:00:00.000Z priv".utf8))
  let (store, loaded) = try opened(folder)
  #expect(loaded.notices.contains { if case .logRepaired = $0 { true } else { false } })
  #expect(ids(store, of: alice, with: bob) == [1, 2, 3])
}

@Test func `the private log never issues an id again that it alone has`() throws {
  let folder = try TemporaryFolder()
  try folder.write(
    "private.log", Array("2026-11-20T12:00:00.000Z private id=77 from=alice to=Bob text=\"x\"\n".utf8))
  let (_, loaded) = try opened(folder)
  #expect(loaded.nextID == 78)
}

@Test func `the private log keeps nothing of a turn that could not be written, and has it once after recovery`() throws
{
  let folder = try TemporaryFolder()
  let disk = FaultyDisk()
  let (store, _) = try opened(folder, disk.calls)
  send(1, from: alice, to: bob, store)
  try store.commit()
  for bytes in [0, 30, 70, 110] {
    let id = MessageID(bytes + 2)
    disk.failWriting(.noSpace, after: bytes)
    send(id, from: alice, to: bob, store)
    #expect(throws: Errno.noSpace) { try store.commit() }
    #expect(!ids(store, of: alice, with: bob).contains(id))
    disk.failWriting(nil)
    #expect(try store.resume() == 0)
    #expect(ids(store, of: alice, with: bob).count { $0 == id } == 1)
  }
}

@Test func `the private log begins for an account at the removal of its predecessor, after a crash too`() throws {
  let folder = try TemporaryFolder()
  do {
    let (store, _) = try opened(folder)
    store.append(.pastBegins(bob, at: 51))
    try store.commit()
    store.abandon()
  }
  do {
    let (store, loaded) = try opened(folder)
    #expect(loaded.pasts == [bob: 51])
    store.append(.pastBegins(alice, at: 60))
    try store.commit()
    _ = try store.finish(isClean: true)
  }
  let (_, last) = try opened(folder)
  #expect(last.pasts == [bob: 51, alice: 60])
}
