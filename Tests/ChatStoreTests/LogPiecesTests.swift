import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private func query(_ page: HistoryQuery.Page) -> HistoryQuery {
  HistoryQuery(room: .lobby, before: .max, page: page)
}

/// Lines of messages with these ids.
private func lines(_ ids: ClosedRange<MessageID>) -> String {
  var bytes: [UInt8] = []
  for id in ids {
    LogFormat.append(
      .message(RoomMessage(id: id, room: .lobby, from: Name("alice")!, text: "hi")), at: noon, into: &bytes)
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func ids(_ result: HistoryResult) -> [MessageID]? {
  if case .messages(let messages, _, _, _) = result { messages.map(\.message.id) } else { nil }
}

private func say(_ id: MessageID, _ store: Store) throws {
  store.append(.message(RoomMessage(id: id, room: .lobby, from: Name("alice")!, text: "hi")), at: noon)
  try store.commit()
}

@Test func `history continues through the pieces, newest first`() throws {
  let folder = try TemporaryFolder()
  try folder.write("chat.log.10", lines(1...3))
  try folder.write("chat.log.9", lines(4...5))
  try folder.write("chat.log.1", lines(6...9))
  try folder.write("chat.log", lines(10...11))
  // A name that only resembles one of a piece is ignored.
  for name in ["chat.log.01", "chat.log.0", "chat.log.old", "chat.log.-1", "chat.log2", "xchat.log.2"] {
    try folder.write(name, lines(90...99))
  }
  let reader = HistoryReader(logPath: folder.folder.log)
  #expect(ids(reader.read(query(.last(5)), scanBytesMax: 0)) == [7, 8, 9, 10, 11])
  #expect(ids(reader.read(query(.last(50)), scanBytesMax: 0)) == Array(1...11))
  #expect(ids(reader.read(query(.since(2)), scanBytesMax: 0)) == Array(3...11))
  #expect(ids(reader.read(query(.since(5)), scanBytesMax: 0)) == Array(6...11))
  #expect(ids(reader.read(query(.found("HI")), scanBytesMax: 0)) == Array(1...11))
}

@Test(arguments: ["gz", "xz", "zst", "bz2"])
func `compressed pieces are skipped and reported`(suffix: String) throws {
  let folder = try TemporaryFolder()
  try folder.write("chat.log.2.\(suffix)", "no log")
  try folder.write("chat.log.1", lines(6...9))
  try folder.write("chat.log", lines(10...11))
  let past = lines(6...11).split(separator: "\n").map { LogFormat.parse(Array($0.utf8))!.message! }
  let reader = HistoryReader(logPath: folder.folder.log)
  #expect(
    reader.read(query(.last(50)), scanBytesMax: 0) == .messages(past, olderCompressed: true))
  #expect(reader.read(query(.found("absent")), scanBytesMax: 0) == .messages([], olderCompressed: true))
  #expect(
    reader.read(query(.since(2)), scanBytesMax: 0) == .messages(past, olderCompressed: true))
  // A complete page has no remark about older pieces.
  #expect(
    reader.read(query(.last(2)), scanBytesMax: 0) == .messages(Array(past.suffix(2)), more: .before(10)))
  #expect(
    reader.read(query(.since(6)), scanBytesMax: 0) == .messages(Array(past.dropFirst())))
}

@Test func `half a copied line does not run into the next piece`() throws {
  let folder = try TemporaryFolder()
  let whole = lines(1...4)
  for cut in 0...whole.utf8.count {
    try folder.write("chat.log.1", String(whole.prefix(cut)))
    try folder.write("chat.log", lines(5...6))
    let found = ids(HistoryReader(logPath: folder.folder.log).read(query(.last(50)), scanBytesMax: 0))
    #expect(found?.suffix(2) == [5, 6])
    // A line that lacks only its line end is complete.
    let complete = Array((1...4 as ClosedRange<MessageID>).prefix { lines(1...$0).utf8.count - 1 <= cut })
    #expect(found?.dropLast(2) == complete[...])
    #expect(try LogRepair(path: folder.folder.log + ".1").greatestID() <= 4)
  }
}

@Test func `the limit on bytes read applies to all pieces together`() throws {
  let folder = try TemporaryFolder()
  try folder.write("chat.log.1", lines(1...100))
  try folder.write("chat.log", lines(101...110))
  let bytes = lines(91...110).utf8.count
  let result = HistoryReader(logPath: folder.folder.log).read(query(.found("hi")), scanBytesMax: bytes + 20)
  #expect(ids(result) == Array(91...110))
  guard case .messages(_, more: .before(91), _, _) = result else {
    Issue.record("nothing was said of what was not read")
    return
  }
}

@Test func `a renamed log is read and written before and after it is reopened`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try open(folder)
  try say(1, store)
  try File.rename(folder.folder.log, to: folder.folder.log + ".1")
  try say(2, store)
  #expect(ids(store.history.read(query(.last(9)), scanBytesMax: 0)) == [1, 2])
  try store.reopenLog()
  try say(3, store)
  #expect(ids(store.history.read(query(.last(9)), scanBytesMax: 0)) == [1, 2, 3])
  #expect(try folder.text("chat.log") == lines(3...3))
  #expect(try folder.text("chat.log.1") == lines(1...2))
}

@Test func `a log that is truncated while the server runs continues at its beginning`() throws {
  let folder = try TemporaryFolder()
  let (store, _) = try open(folder)
  try say(1, store)
  try folder.write("chat.log.1", try folder.bytes("chat.log"))
  // Between the copy and the truncation every line is in two pieces.
  #expect(ids(store.history.read(query(.last(9)), scanBytesMax: 0)) == [1])
  #expect(ids(store.history.read(query(.since(0)), scanBytesMax: 0)) == [1])
  try File.open(folder.folder.log, .writeOnly).truncate(to: 0)
  try say(2, store)
  #expect(try folder.text("chat.log") == lines(2...2))
  #expect(ids(store.history.read(query(.last(9)), scanBytesMax: 0)) == [1, 2])
}

@Test func `ids continue if the last of them are in a rotated piece`() throws {
  for newest in [nil, ""] {
    let folder = try TemporaryFolder()
    try folder.write("chat.log.2", lines(1...3))
    try folder.write("chat.log.1", lines(4...7))
    if let newest { try folder.write("chat.log", newest) }
    try folder.write("state.json", #"{"version":1,"saved":"2026-11-20T11:00:00.000Z","clean":true,"id":3,"users":[]}"#)
    #expect(try open(folder).1.nextID == 8)
  }
}
