import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Synchronization
import Testing
import Text

@testable import ChatStore

private let rooms = ["lobby", "Den", "d", "den2"].map { Name($0)! }
private let people = ["alice", "Bob", "bo"].map { Name($0)! }

/// A log of random lines, damaged ones among them, and the messages in it.
private func randomLog(_ random: inout SeededRandom, lines: Int) -> (bytes: [UInt8], messages: [PastMessage]) {
  var bytes: [UInt8] = []
  var messages: [PastMessage] = []
  var time = noon
  var id: MessageID = 0
  for _ in 0..<lines {
    time = time.adding(milliseconds: Int64.random(in: 0...5, using: &random))
    switch Int.random(in: 0..<10, using: &random) {
    case 0: LogFormat.append(.event("connect", [.init("session", "7")], text: nil), at: time, into: &bytes)
    case 1:
      // A line with an id that is not a room message: other records have ids too.
      id += 1
      LogFormat.append(
        .event("private", [.init("id", "\(id)"), .init("room", "Den")], text: "x"), at: time, into: &bytes)
    case 2:
      // A line with the id of an older file, in the present and the old form.
      let file = MessageID.random(in: 0...id, using: &random)
      let key = ["file", "id"].randomElement(using: &random)!
      LogFormat.append(
        .event("file-fetched", [.init(key, "\(file)"), .init("user", "bob")], text: nil), at: time, into: &bytes)
    case 3:
      bytes += (0..<Int.random(in: 0..<60, using: &random)).map { _ in UInt8.random(in: 11...255, using: &random) }
      bytes.append(UInt8(ascii: "\n"))
    default:
      id += MessageID.random(in: 1...3, using: &random)
      var message = RoomMessage(
        id: id, room: rooms.randomElement(using: &random)!, from: people.randomElement(using: &random)!,
        text: CleanText.string(from: random.hostileText()), isAction: Bool.random(using: &random))
      LogFormat.append(.message(message), at: time, into: &bytes)
      if Bool.random(using: &random) { message.room = Name(message.room.key)! }
      messages.append(PastMessage(time: time, message: message))
    }
  }
  return (bytes, messages)
}

/// All messages that match a query, oldest first.
private func asked(_ messages: [PastMessage], _ query: HistoryQuery) -> [PastMessage] {
  messages.filter { past in
    let message = past.message
    let isOfPage =
      switch query.page {
      case .last: message.id < query.olderThan ?? .max
      case .since(let id): message.id > id
      case .around: true
      case .found(let text): message.id < query.olderThan ?? .max && FoldedText(text).occurs(in: message.text)
      }
    return isOfPage && query.past == .room(message.room) && message.id < query.before
      && message.id >= query.firstID ?? 0
      && !query.ignored.contains(message.from)
  }
}

/// The same page from all messages in memory.
private func naive(_ messages: [PastMessage], _ query: HistoryQuery) -> HistoryResult {
  let all = asked(messages, query)
  switch query.page {
  case .around(let id):
    let (older, newer) = (all.filter { $0.message.id < id }, all.filter { $0.message.id >= id })
    let (past, rest) = (older.suffix(HistoryQuery.aroundMax / 2), newer.prefix(HistoryQuery.aroundMax / 2))
    let more = Continuation(
      before: past.count < older.count ? past.first!.message.id : nil,
      since: rest.count < newer.count ? rest.last!.message.id : nil)
    return .messages(Array(past) + rest, more: more)
  case .since:
    let page = all.prefix(HistoryQuery.messagesMax)
    return .messages(Array(page), more: page.count < all.count ? .since(page.last!.message.id) : nil)
  case .last, .found:
    let count = if case .last(let count) = query.page { count } else { Int.max }
    let page = all.suffix(min(count, HistoryQuery.messagesMax))
    return .messages(Array(page), more: page.count < all.count ? .before(page.first!.message.id) : nil)
  }
}

/// Writes the log in up to four pieces, as logrotate leaves them; they may overlap, so that a line is in two.
private func writeInPieces(
  _ bytes: [UInt8], _ folder: TemporaryFolder, overlap: Bool, _ random: inout SeededRandom
) throws {
  let ends = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  var end = bytes.count
  for number in 0..<Int.random(in: 0..<4, using: &random) {
    let start = ends.filter { $0 <= end }.randomElement(using: &random)!
    try folder.write(number == 0 ? "chat.log" : "chat.log.\(number)", Array(bytes[start..<end]))
    end =
      !overlap || Bool.random(using: &random)
      ? start : ends.filter { $0 >= start && $0 <= end }.randomElement(using: &random)!
  }
  try folder.write("chat.log.7", Array(bytes[..<end]))
}

/// A few characters of one of the texts, perhaps in upper case.
private func part(of messages: [PastMessage], _ random: inout SeededRandom) -> String {
  let text = Array(messages.randomElement(using: &random)?.message.text ?? "nothing")
  let start = Int.random(in: 0...text.count, using: &random)
  let part = String(text[start...].prefix(Int.random(in: 1...3, using: &random)))
  return Bool.random(using: &random) ? part.uppercased() : part
}

@Test(arguments: 0..<40 as Range<UInt64>)
func `a page from the log equals a page from memory`(seed: UInt64) throws {
  var random = SeededRandom(seed: seed)
  let folder = try TemporaryFolder()
  let (bytes, messages) = randomLog(&random, lines: [0, 1, 30, 500, 1500].randomElement(using: &random)!)
  let overlap = Bool.random(using: &random)
  try writeInPieces(bytes, folder, overlap: overlap, &random)
  var reader = HistoryReader(logPath: folder.folder.log)
  let idMax = (messages.last?.message.id ?? 0) + 5
  for _ in 0..<25 {
    reader.blockBytes = [64, 300, 4096, 1 << 18].randomElement(using: &random)!
    let id = MessageID.random(in: 0...idMax, using: &random)
    let pages: [HistoryQuery.Page] = [
      .last([1, 2, 10, 200, 500].randomElement(using: &random)!), .since(id), .found(part(of: messages, &random)),
    ]
    var query = HistoryQuery(
      room: rooms.randomElement(using: &random)!, before: .max,
      page: pages.randomElement(using: &random)!)
    if Bool.random(using: &random) { query.before = MessageID.random(in: 0...idMax, using: &random) }
    if Bool.random(using: &random) { query.ignored = NameList([Name("bob")!, Name("eve")!]) }
    if Bool.random(using: &random) { query.olderThan = MessageID.random(in: 0...idMax, using: &random) }
    if Int.random(in: 0..<4, using: &random) == 0 { query.firstID = MessageID.random(in: 0...idMax, using: &random) }
    #expect(reader.read(query, scanBytesMax: 0) == naive(messages, query))
    var around = query
    (around.page, around.olderThan) = (.around(id), nil)
    #expect(reader.read(around, scanBytesMax: 0) == naive(messages, around))
    // A time means the first id that was issued at it or later.
    if let past = messages.randomElement(using: &random), !overlap {
      let first = messages.first { $0.time >= past.time }!.message.id
      (around.time, around.page) = (past.time, .last(7))
      var located = around
      (located.time, located.olderThan) = (nil, first)
      #expect(reader.read(around, scanBytesMax: 0) == naive(messages, located))
      around.page = .since(0)
      located.page = .since(first - 1)
      #expect(reader.read(around, scanBytesMax: 0) == naive(messages, located))
      around.page = .around(0)
      located.page = .around(first)
      #expect(reader.read(around, scanBytesMax: 0) == naive(messages, located))
    }
    if overlap { continue }
    // With any limit on bytes read, the pages continue until each message was returned once.
    #expect(walk(reader, query, scanBytesMax: Int.random(in: 8000..<40_000, using: &random)) == asked(messages, query))
  }
}

/// All messages that match a query, page by page; nil if a page does not continue.
private func walk(_ reader: HistoryReader, _ query: HistoryQuery, scanBytesMax: Int) -> [PastMessage]? {
  var query = query
  var found: [PastMessage] = []
  while case .messages(let page, let more, _, _) = reader.read(query, scanBytesMax: scanBytesMax) {
    let isForwards = if case .since = query.page { true } else { false }
    found = isForwards ? found + page : page + found
    switch more {
    case nil: return found
    case .since(let id):
      guard case .since(let last) = query.page, id > last else { return nil }
      query.page = .since(id)
    case .before(let id):
      guard !isForwards, id < query.olderThan ?? .max else { return nil }
      query.olderThan = id
    case .both: return nil
    }
  }
  return nil
}

/// For files written before rooms had a first id.
@Test(arguments: [300, 1 << 18])
func `a history with only a time begins at the first id after it, and a future time hides nothing`(
  blockBytes: Int
) throws {
  let folder = try TemporaryFolder()
  var bytes: [UInt8] = []
  for number in 1...40 {
    let time = noon.adding(milliseconds: Int64(number / 10) * 60_000)
    let message = RoomMessage(id: MessageID(number), room: .lobby, from: Name("alice")!, text: "x")
    LogFormat.append(.event("joined", [.init("room", "lobby")], text: nil), at: time, into: &bytes)
    LogFormat.append(.message(message), at: time, into: &bytes)
  }
  try folder.write("chat.log", bytes)
  var reader = HistoryReader(logPath: folder.folder.log)
  reader.blockBytes = blockBytes
  func ids(since minutes: Int64, _ page: HistoryQuery.Page) -> [MessageID] {
    let created = noon.adding(milliseconds: minutes * 60_000)
    return reader.read(HistoryQuery(room: .lobby, created: created, before: 1000, page: page), scanBytesMax: 0).ids
      ?? []
  }
  for page: HistoryQuery.Page in [.last(200), .since(0), .found("x")] {
    #expect(ids(since: -1, page) == Array(1...40))
    #expect(ids(since: 2, page) == Array(20...40))
    #expect(ids(since: 4, page) == [40])
    #expect(ids(since: 5, page) == Array(1...40))
  }
}

@Test func `messages inserted by hand hide no others`() throws {
  let folder = try TemporaryFolder()
  var bytes: [UInt8] = []
  for number in 1...1000 as ClosedRange<MessageID> {
    for (id, room) in [(number, "den"), (number % 9 == 0 ? 1 : 0, "lobby"), (number % 11 == 0 ? 5000 : 0, "lobby")]
    where id > 0 {
      let message = RoomMessage(id: id, room: Name(room)!, from: Name("alice")!, text: "hi")
      LogFormat.append(.message(message), at: noon, into: &bytes)
    }
  }
  try folder.write("chat.log", bytes)
  var reader = HistoryReader(logPath: folder.folder.log)
  reader.blockBytes = 4096
  for id in stride(from: 0, through: 1000, by: 9) as StrideThrough<MessageID> {
    var since = query(.since(id))
    since.before = 1001
    #expect(reader.read(since, scanBytesMax: 0).ids == Array((id + 1..<1001).prefix(HistoryQuery.messagesMax)))
  }
  // A message out of order.
  let moved = [1, 2, 6, 3, 4, 5, 7].map { "2026-11-20T12:00:00.000Z message id=\($0) room=den from=b text=\"\"\n" }
  try folder.write("chat.log", moved.joined())
  #expect(reader.read(query(.since(2)), scanBytesMax: 0).ids == [6, 3, 4, 5, 7])
  #expect(reader.read(query(.last(4)), scanBytesMax: 0).ids == [3, 4, 5, 7])
  // Both pieces begin with the same old line.
  try folder.write("chat.log.1", moved[0] + moved[1] + moved[3])
  try folder.write("chat.log", moved[0] + moved[4...].joined())
  #expect(reader.read(query(.since(2)), scanBytesMax: 0).ids == [3, 4, 5, 7])
}

private func query(_ page: HistoryQuery.Page, room: String = "den") -> HistoryQuery {
  HistoryQuery(room: Name(room)!, before: .max, page: page)
}

private func log(_ folder: TemporaryFolder, count: Int, text: String = "hi", room: (Int) -> String) throws {
  var bytes: [UInt8] = []
  for number in 1...count {
    let message = RoomMessage(
      id: MessageID(number), room: Name(room(number))!, from: Name("alice")!, text: text)
    LogFormat.append(.message(message), at: noon, into: &bytes)
  }
  try folder.write("chat.log", bytes)
}

extension HistoryResult {
  fileprivate var ids: [MessageID]? {
    if case .messages(let messages, _, _, _) = self { messages.map(\.message.id) } else { nil }
  }
  fileprivate var more: Continuation? { if case .messages(_, let more, _, _) = self { more } else { nil } }
}

@Test func `a missing log is an empty history`() throws {
  let folder = try TemporaryFolder()
  let reader = HistoryReader(logPath: folder.folder.log)
  #expect(reader.read(query(.last(5)), scanBytesMax: 0) == .messages([]))
}

@Test func `an unreadable log is reported`() throws {
  let folder = try TemporaryFolder()
  guard case .unavailable(let reason) = HistoryReader(logPath: folder.path).read(query(.last(5)), scanBytesMax: 0)
  else {
    Issue.record("a folder was read as a log")
    return
  }
  #expect(reason.hasPrefix("the log cannot be read: "))
}

@Test func `damage in the middle of the log is skipped, and reported once`() throws {
  let folder = try TemporaryFolder()
  try log(folder, count: 4, text: "hi") { _ in "den" }
  var lines = try folder.text("chat.log").split(separator: "\n", omittingEmptySubsequences: false)
  lines.insert("\u{FFFD}garbage", at: 2)
  try folder.write("chat.log", lines.joined(separator: "\n"))
  let told = Mutex<[StoreNotice]>([])
  let damage = DamageReporter(path: folder.folder.log) { notice in told.withLock { $0.append(notice) } }
  let reader = HistoryReader(logPath: folder.folder.log, damage: damage)
  #expect(reader.read(query(.last(5)), scanBytesMax: 0).ids == [1, 2, 3, 4])
  #expect(reader.read(query(.since(0)), scanBytesMax: 0).ids == [1, 2, 3, 4])
  #expect(told.withLock { $0 } == [.logDamaged(path: folder.folder.log, lines: 1)])
}

@Test func `a page holds no more text than fits a reply`() throws {
  let folder = try TemporaryFolder()
  let reader = HistoryReader(logPath: folder.folder.log)
  try log(folder, count: 10, text: String(repeating: "x", count: HistoryQuery.bytesMax / 4)) { _ in "den" }
  let last = reader.read(query(.last(10)), scanBytesMax: 0)
  #expect(last.ids == [7, 8, 9, 10])
  #expect(last.more == .before(7))
  let since = reader.read(query(.since(2)), scanBytesMax: 0)
  #expect(since.ids == [3, 4, 5, 6])
  #expect(since.more == .since(6))
}

@Test func `a text longer than a page comes alone`() throws {
  let folder = try TemporaryFolder()
  let reader = HistoryReader(logPath: folder.folder.log)
  try log(folder, count: 2, text: String(repeating: "x", count: HistoryQuery.bytesMax + 1)) { _ in "den" }
  #expect(reader.read(query(.last(10)), scanBytesMax: 0).ids == [2])
  #expect(reader.read(query(.since(0)), scanBytesMax: 0).ids == [1])
}

@Test func `paging reaches the end in both directions and misses nothing, whatever is filtered`() throws {
  let folder = try TemporaryFolder()
  var reader = HistoryReader(logPath: folder.folder.log)
  reader.blockBytes = 4096
  var bytes: [UInt8] = []
  for id in 1...3000 as ClosedRange<MessageID> {
    // Many lines of an ignored user, of another room, and without an id.
    let (room, from) = id < 1000 ? ("den", "bob") : id < 1500 ? ("lobby", "alice") : ("den", "alice")
    let message = RoomMessage(id: id, room: Name(room)!, from: Name(from)!, text: "hi")
    LogFormat.append(.message(message), at: noon, into: &bytes)
    if id == 2000 {
      for _ in 0..<3000 {
        LogFormat.append(.event("connect", [.init("session", "7")], text: nil), at: noon, into: &bytes)
      }
    }
  }
  let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  for pieces in [1, 2, 7, 40] {
    var start = 0
    for number in (0..<pieces).reversed() {
      let end = number == 0 ? bytes.count : ends[ends.count * (pieces - number) / pieces]
      try folder.write(number == 0 ? "chat.log" : "chat.log.\(number)", Array(bytes[start..<end]))
      start = end
    }
    for page in [.last(50), .found("HI")] as [HistoryQuery.Page] {
      var query = query(page)
      query.ignored = NameList([Name("bob")!])
      for scanBytesMax in [20_000, 200_000, 0] {
        #expect(walk(reader, query, scanBytesMax: scanBytesMax)?.map(\.message.id) == Array(1500...3000))
      }
      query.firstID = 2500
      #expect(walk(reader, query, scanBytesMax: 20_000)?.map(\.message.id) == Array(2500...3000))
    }
    // Reading forwards opens no more pieces than allowed.
    for id in pieces == 40 ? [2000, 2999] : [0, 10, 999, 1499] as [MessageID] {
      var query = query(.since(id))
      query.ignored = NameList([Name("bob")!])
      #expect(walk(reader, query, scanBytesMax: 20_000)?.map(\.message.id) == Array(max(1500, id + 1)...3000))
    }
  }
}

@Test func `a page that is not full is the last one, or says where to continue`() throws {
  let folder = try TemporaryFolder()
  let reader = HistoryReader(logPath: folder.folder.log)
  try log(folder, count: 1000) { $0 <= 3 ? "den" : "lobby" }
  guard case .messages([], more: .before(let older), _, _) = reader.read(query(.last(5)), scanBytesMax: 10_000),
    case .messages([], more: .since(let newer), _, _) = reader.read(query(.since(3)), scanBytesMax: 10_000)
  else {
    Issue.record("an empty page counts as the end")
    return
  }
  #expect(older > 3 && older < 1000)
  #expect(newer > 3 && newer < 1000)
  #expect(reader.read(query(.since(3)), scanBytesMax: 0) == .messages([]))
}

@Test func `reading ends when it is cancelled`() throws {
  let folder = try TemporaryFolder()
  try log(folder, count: 10) { _ in "den" }
  var reader = HistoryReader(logPath: folder.folder.log)
  let cancellation = Cancellation()
  reader.cancellation = cancellation
  #expect(reader.read(query(.last(5)), scanBytesMax: 0).ids?.count == 5)
  cancellation.cancel()
  for page in [.last(5), .found("hi"), .since(0)] as [HistoryQuery.Page] {
    #expect(reader.read(query(page), scanBytesMax: 0).ids == nil)
  }
}
