import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private let messages: [RoomMessage] = (1...6).map { number in
  let texts = ["hello", "", "é 日本 \"quoted\" \\", "a longer text that takes its time", "x", "the last"]
  return RoomMessage(
    id: MessageID(number), room: .lobby, from: Name("alice")!, text: texts[number - 1], isAction: number == 5)
}

private func log() -> (bytes: [UInt8], ends: [Int]) {
  var bytes: [UInt8] = []
  let ends = messages.map { message in
    LogFormat.append(.message(message), at: noon, into: &bytes)
    return bytes.count
  }
  return (bytes, ends)
}

private let everything = HistoryQuery(
  room: .lobby, before: .max, page: .last(HistoryQuery.messagesMax))

private func past(_ count: Int) -> HistoryResult {
  .messages(messages.prefix(count).map { PastMessage(time: noon, message: $0) })
}

/// The result of a torn write: the log up to any byte, and after a power failure zero bytes after it.
@Test(arguments: [0, 1, 100])
func `the log cut at every byte opens again with exactly its whole lines`(zeros: Int) throws {
  let (whole, ends) = log()
  for length in 0...whole.count {
    let folder = try TemporaryFolder()
    let bytes = Array(whole[..<length]) + [UInt8](repeating: 0, count: zeros)
    try folder.write("chat.log", bytes)
    let count = ends.count { $0 <= length }
    let end = count == 0 ? 0 : ends[count - 1]
    let (store, loaded) = try open(folder)
    let kept = loaded.notices.compactMap { if case .logRepaired(let path) = $0 { path } else { nil } }
    #expect(kept.isEmpty == (end == bytes.count))
    for path in kept { #expect(try File.readWhole(path) == Array(bytes[end...])) }
    #expect(try folder.bytes("chat.log") == Array(whole[..<end]))
    #expect(store.history.read(everything, scanBytesMax: 0) == past(count))
    #expect(loaded.nextID > MessageID(count))
    // The next record starts a new line.
    store.append(.message(messages[0]), at: noon)
    try store.commit()
    #expect(try folder.bytes("chat.log") == Array(whole[..<end]) + Array(whole[..<ends[0]]))
    store.abandon()
  }
}

@Test func `the greatest id is the last in the log`() throws {
  let folder = try TemporaryFolder()
  let tail = LogRepair(path: folder.folder.log)
  #expect(try tail.greatestID() == 0)
  var bytes = log().bytes
  for event in ["connect", "login", "stop"] { LogFormat.append(.event(event, [], text: nil), at: noon, into: &bytes) }
  // Foreign lines are damage, including one with an id that no server issues.
  bytes += "damage id=99\n2026-11-20T12:00:00.000Z message id=100000000000000000 room=a from=b text=\"\"\n".utf8
  try folder.write("chat.log", bytes)
  #expect(try tail.greatestID() == 6)
}

@Test(
  arguments: ["id=", "file="],
  [
    (["file-offered #7", "file-shared #7", "file-fetched #2"], 7), (["file-fetched #1", "file-removed #1"], 6),
    (["file-offered #7", "message id=8", "file-fetched #7", "message id=3", "login"], 8),
  ] as [([String], MessageID)])
func `with the log alone no id is issued twice`(key: String, end: ([String], MessageID)) throws {
  let folder = try TemporaryFolder()
  var bytes = log().bytes
  for line in end.0 {
    bytes += "2026-11-20T12:00:00.000Z \(line.replacing("#", with: key)) room=lobby from=b text=\"\"\n".utf8
  }
  try folder.write("chat.log", bytes)
  let (store, loaded) = try open(folder)
  #expect(loaded.nextID == end.1 + 1)
  store.abandon()
}

@Test(arguments: [MessageID.greatest, .greatestInLogAlone + 1])
func `an id that occurs only in the log and leaves few others is ignored and reported`(
  id: MessageID
) throws {
  let folder = try TemporaryFolder()
  var bytes = log().bytes
  bytes += "2026-11-20T12:00:00.000Z message id=\(id) room=lobby from=b text=\"\"\n".utf8
  try folder.write("chat.log", bytes)
  let (store, loaded) = try open(folder)
  #expect(loaded.nextID == 7)
  #expect(loaded.notices.contains(.idTooGreat(path: folder.folder.log, id)))
  store.abandon()
}

@Test(arguments: [MessageID.greatestInLogAlone, .greatestInLogAlone + 1, .greatest - 1, .greatest], 0...3)
func `a server continues after any id in other files, and can read the files that it wrote`(
  id: MessageID, place: Int
) throws {
  let folder = try TemporaryFolder()
  switch place {
  case 0: try folder.write("state.json", Array(#"{"id":\#(id),"users":[]}"#.utf8))
  case 1: try folder.write("journal.jsonl", Array(#"{"n":1,"lease":\#(id + 1)}"#.utf8 + [10]))
  case 2:
    try folder.write(
      "state.json", Array(#"{"users":[{"name":"alice","unread":[{"id":\#(id),"from":"bob","text":"x"}]}]}"#.utf8))
  default:
    try folder.write(
      "files.json",
      Array(#"{"files":[{"id":\#(id),"room":"lobby","from":"bob","name":"a","size":1,"cksum":1}]}"#.utf8))
  }
  for isClean in [true, false, true] {
    let (store, loaded) = try open(folder)
    #expect(loaded.nextID > id)
    if loaded.nextID <= .greatest {
      let next = RoomMessage(id: loaded.nextID, room: .lobby, from: Name("alice")!, text: "y")
      store.append(.message(next), at: noon)
    }
    try store.commit()
    _ = try store.finish(isClean: isClean)
  }
}

@Test func `a server continues after the greatest accepted id in the log, and reads back its own files`() throws {
  let folder = try TemporaryFolder()
  var bytes: [UInt8] = []
  let last = MessageID.greatestInLogAlone - 100_000
  let message = RoomMessage(id: last, room: .lobby, from: Name("alice")!, text: "x")
  LogFormat.append(.message(message), at: noon, into: &bytes)
  try folder.write("chat.log", bytes)
  for _ in 0..<2 {
    let (store, loaded) = try open(folder)
    #expect(loaded.nextID > last)
    let next = RoomMessage(id: loaded.nextID, room: .lobby, from: Name("alice")!, text: "y")
    store.append(.message(next), at: noon)
    try store.commit()
    _ = try store.finish(isClean: true)
  }
}

/// The wall clock was set back after a save that is still in the folder.
@Test func `lines that seem older than the state are searched for the greatest id`() throws {
  let folder = try TemporaryFolder()
  try folder.write("chat.log", log().bytes)
  try folder.write("state.json", Array(#"{"version":1,"saved":"2027-01-01T00:00:00Z","id":2,"users":[]}"#.utf8))
  let (store, loaded) = try open(folder)
  #expect(loaded.nextID == 7)
  store.abandon()
}
