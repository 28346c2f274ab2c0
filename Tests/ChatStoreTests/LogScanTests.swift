import ChatCore
import ChatProtocol
import JSON
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// A line of the log with its end. One without an id is a `login`.
private func line(
  _ id: MessageID?, second: Int = 0, user: String = "alice", room: String = "lobby", text: String = "hi"
)
  -> String
{
  var bytes: [UInt8] = []
  let record: LogRecord =
    if let id {
      .message(RoomMessage(id: id, room: Name(room)!, from: Name(user)!, text: text))
    } else {
      .event("login", [.init("user", user)], text: nil)
    }
  LogFormat.append(record, at: noon.adding(milliseconds: Int64(second) * 1000), into: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

/// Lines with these ids, 0 for none.
private func lines(_ ids: [MessageID], from second: Int = 0) -> String {
  ids.enumerated().map { line($1 == 0 ? nil : $1, second: second + $0) }.joined()
}

private func reading(
  _ folder: TemporaryFolder, _ query: ControlLogQuery, until: LogPosition, blockBytes: Int = 100,
  scanBytesMax: Int = 250
) -> LogScan {
  var reader = HistoryReader(logPath: folder.folder.log)
  (reader.blockBytes, reader.scanBytesMax) = (blockBytes, scanBytesMax)
  return reader.reading(query, until: until)
}

/// The rows of all parts, in order.
private func rows(_ reading: LogScan) throws -> [JSONValue] {
  var rows: [JSONValue] = []
  while true {
    let part = reading.next()
    let json: [UInt8]?
    switch part {
    case .failed(let error): throw error
    case .more(let reply), .last(let reply, _): json = reply
    }
    if let json { rows += try #require(JSONValue(parsing: json).members?.first?.value.array) }
    if case .last = part { return rows }
  }
}

private func ids(_ reading: LogScan) throws -> [String] { try rows(reading).map { $0["id"]?.string ?? "-" } }

private func events(
  since: String? = nil, until: String? = nil, last: Int? = nil, isAll: Bool = true
) -> ControlLogQuery {
  func moment(_ text: String) -> ControlLogQuery.Moment { .position(LogPosition(text)!) }
  let all: ControlLogQuery.Moment? = isAll && last == nil ? .time(Timestamp(milliseconds: 0)) : nil
  return ControlLogQuery(.events, since: since.map(moment) ?? all, until: until.map(moment), last: last)
}

@Suite struct LogScanTests {
  private static let places = ["0.1", "0.2", "3", "3.1", "4", "7", "7.1", "7.2", "9"]
  private static let written: [MessageID] = [0, 0, 3, 0, 4, 7, 0, 0, 9]

  /// In one file, and rotated before every line.
  private static let cuts = Array(0...written.count)

  private func folder(cut: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    if cut > 0 { try folder.write("chat.log.1", lines(Array(Self.written[..<cut]))) }
    try folder.write("chat.log", lines(Array(Self.written[cut...]), from: cut))
    return folder
  }

  @Test(arguments: cuts) func `every line has its position, wherever the log was rotated`(cut: Int) throws {
    let folder = try folder(cut: cut)
    #expect(try ids(reading(folder, events(), until: LogPosition("9")!)) == Self.places)
    for (index, place) in Self.places.enumerated() {
      let after = Array(Self.places[(index + 1)...])
      #expect(try ids(reading(folder, events(since: place), until: LogPosition("9")!)) == after)
      #expect(try ids(reading(folder, events(until: place), until: LogPosition("9")!)) == Array(Self.places[...index]))
      // Lines written after the request are not included.
      #expect(try ids(reading(folder, events(), until: LogPosition(place)!)) == Array(Self.places[...index]))
    }
    for last in 0...10 {
      #expect(try ids(reading(folder, events(last: last), until: LogPosition("9")!)) == Self.places.suffix(last))
    }
  }

  @Test(arguments: [30, 100, 4096], [100, 250, 1 << 20])
  func `blocks of any size give the same`(blockBytes: Int, scanBytesMax: Int) throws {
    let folder = try folder(cut: 4)
    for (since, last) in [(nil, nil), ("3", nil), (nil, 3)] as [(String?, Int?)] {
      let reading = reading(
        folder, events(since: since, last: last), until: LogPosition("9")!, blockBytes: blockBytes,
        scanBytesMax: scanBytesMax)
      #expect(try ids(reading) == (since == nil ? Self.places.suffix(last ?? 99) : Self.places.suffix(6)))
    }
  }

  @Test(arguments: [100, 1 << 18], [250, 1 << 20])
  func `a time limits the result even if the clock was set, and damage counts as the line before`(
    blockBytes: Int, scanBytesMax: Int
  ) throws {
    let folder = try TemporaryFolder()
    // The clock is a day ahead for a while, then corrected.
    let seconds = [0, 10, 20, 86_420, 86_430, 30, 40, 50, -5, 60]
    let written = seconds.enumerated().map { line(MessageID($0 + 1), second: $1) }
    let text = written[..<3].joined() + "damage\n" + written[3...].joined() + "damage\n"
    try folder.write("chat.log", text)
    func told(_ since: Int?, _ until: Int?, last: Int? = nil) throws -> [String] {
      func moment(_ second: Int) -> ControlLogQuery.Moment {
        .time(noon.adding(milliseconds: Int64(second) * 1000))
      }
      let query = ControlLogQuery(.events, since: since.map(moment), until: until.map(moment), last: last)
      return try ids(
        reading(
          folder, query, until: LogPosition(id: 10, line: 1), blockBytes: blockBytes, scanBytesMax: scanBytesMax))
    }
    #expect(try told(20, nil) == ["3", "3.1", "4", "5", "6", "7", "8", "10", "10.1"])
    #expect(try told(nil, 45) == ["1", "2", "3", "3.1", "6", "7", "9"])
    #expect(try told(20, 45) == ["3", "3.1", "6", "7"])
    #expect(try told(20, 45, last: 2) == ["6", "7"])
    #expect(try told(86_400, nil) == ["4", "5"])
    #expect(try told(100_000, nil) == [])
  }

  @Test func `lines after a removed position are an error`() throws {
    let folder = try TemporaryFolder()
    try folder.write("chat.log", lines([5, 0, 6]))
    for since in ["3", "3.2", "0.4"] {
      let error = #expect(throws: ControlError.self) {
        try rows(reading(folder, events(since: since), until: LogPosition("6")!))
      }
      #expect(error?.code == .gone && error?.message.hasSuffix("the first id that is left is 5") == true)
    }
    let early = #expect(throws: ControlError.self) {
      try rows(reading(folder, events(since: "6.1"), until: LogPosition("6")!))
    }
    #expect(early?.code == .gone)
    // A line removed from the middle is not an error.
    try folder.write("chat.log", lines([5, 0, 8, 0]))
    #expect(try ids(reading(folder, events(since: "6.2"), until: LogPosition("8.1")!)) == ["8", "8.1"])
  }

  @Test func `a piece that is copied or renamed during the read is read once`() throws {
    let folder = try TemporaryFolder()
    let text = lines([1, 0, 2, 0, 3])
    for end in text.indices.dropFirst(30) {
      try folder.write("chat.log.1", String(text[..<end]))
      try folder.write("chat.log", text)
      #expect(try ids(reading(folder, events(), until: LogPosition("3")!)) == ["1", "1.1", "2", "2.1", "3"])
    }
    try File.unlink(folder.folder.log + ".1")
    let reading = reading(folder, events(), until: LogPosition("3")!, scanBytesMax: 100)
    guard case .more(let first?) = reading.next() else { throw ControlError(.unknown, "no first part") }
    try File.rename(folder.folder.log, to: folder.folder.log + ".1")
    try folder.write("chat.log", lines([4]))
    let told = try #require(JSONValue(parsing: first).members?.first?.value.array).map { $0["id"]?.string }
    #expect(try told + ids(reading) == ["1", "1.1", "2", "2.1", "3"])
  }

  /// Lines whose id is not greater than those before them: of files, in the present and the old form, and lines
  /// inserted by hand.
  private static let oddLines = [
    "file-fetched file=1 user=alice offset=0", "file-fetched id=1 user=alice offset=0",
    "message id=2 room=lobby from=alice text=\"again\"", "message id=9000 room=lobby from=alice text=\"early\"",
  ]

  @Test(arguments: oddLines)
  func `a line whose id is not greater than those before it hides nothing`(odd: String) throws {
    let folder = try TemporaryFolder()
    var text = ""
    var places: [String] = []
    for id in 3...300 as ClosedRange<MessageID> {
      text += line(id)
      places.append("\(id)")
      for number in 1...Int(id % 4 + 1) {
        text += "2026-11-20T12:00:00.000Z \(odd)\n"
        places.append("\(id).\(number)")
      }
    }
    try folder.write("chat.log", text)
    let until = LogPosition(places.last!)!
    for blockBytes in [1000, 1 << 18] {
      func read(_ query: ControlLogQuery) throws -> [String] {
        try ids(reading(folder, query, until: until, blockBytes: blockBytes, scanBytesMax: 1500))
      }
      #expect(try read(events()) == places)
      #expect(try read(events(last: 7)) == places.suffix(7))
      for index in stride(from: 0, to: places.count, by: 29) {
        #expect(try read(events(since: places[index])) == Array(places[(index + 1)...]))
        #expect(try read(events(until: places[index])) == Array(places[...index]))
      }
    }
    // Following gives the same lines as reading.
    let turn = CommittedLines(Array(text.utf8), from: LogPosition(), to: until, turn: 1)
    if !odd.contains("9000") {
      var place = LogFollower.Place(LogPosition("250")!)
      let told = try #require(LogFollower(events()).part(of: [turn], behind: &place))
      let index = try #require(places.firstIndex(of: "250"))
      #expect(
        try JSONValue(parsing: told)["events"]?.array?.map { $0["id"]?.string } == Array(places[(index + 1)...]))
    }
  }

  @Test func `messages match the room, the user, the text and the time`() throws {
    let folder = try TemporaryFolder()
    let log = [
      line(1, second: 1, user: "Alice", text: "Hello \"World\""), line(nil, second: 2, user: "alice"),
      line(2, second: 3, user: "bob", text: "hello"), line(3, second: 4, room: "Ops", text: "HELLO \\ alice"),
      "rubbish\n", line(4, second: 5, text: "bye"),
    ]
    try folder.write("chat.log", log.joined())
    func found(_ room: String, _ change: (inout ControlLogQuery) -> Void) throws -> [Int?] {
      var query = ControlLogQuery(.messages(Name(room)!))
      change(&query)
      return try rows(reading(folder, query, until: LogPosition("4")!)).map { $0["id"]?.int }
    }
    #expect(try found("LOBBY") { _ in } == [1, 2, 4])
    #expect(try found("lobby") { $0.user = Name("aLICE") } == [1, 4])
    #expect(try found("lobby") { $0.text = "HELLO" } == [1, 2])
    #expect(try found("lobby") { $0.text = "\"world\"" } == [1])
    #expect(try found("lobby") { $0.text = "alice" } == [])
    #expect(try found("ops") { $0.text = "\\ Alice" } == [3])
    #expect(try found("lobby") { $0.since = .time(noon.adding(milliseconds: 3000)) } == [2, 4])
    #expect(try found("lobby") { $0.until = .time(noon.adding(milliseconds: 3000)) } == [1])
    #expect(try found("lobby") { ($0.last, $0.user) = (1, Name("alice")) } == [4])
    #expect(try found("none") { _ in } == [])

    func lines(_ change: (inout ControlLogQuery) -> Void) throws -> [String?] {
      var query = ControlLogQuery(.lines)
      change(&query)
      return try rows(reading(folder, query, until: LogPosition("4")!)).map(\.string)
    }
    let whole = log.map { String($0.dropLast()) }
    #expect(try lines { _ in } == whole)
    #expect(try lines { $0.user = Name("Alice") } == [whole[0], whole[1], whole[3], whole[5]])
    #expect(try lines { $0.event = "login" } == [whole[1]])
    #expect(try lines { $0.event = "log" } == [])
    #expect(try lines { $0.room = Name("ops") } == [whole[3]])
    #expect(try lines { $0.text = "RUBB" } == ["rubbish"])
    #expect(try lines { $0.text = "hello \"world" } == [whole[0]])
  }

  @Test func `a store knows the position of each line that it writes, also after an error`() throws {
    let folder = try TemporaryFolder()
    let (store, _) = try open(folder)
    store.keepsCommitted = true
    #expect(store.position == LogPosition())
    func add(_ ids: [MessageID]) {
      for id in ids {
        store.append(
          id == 0
            ? .event("login", [], text: nil) : .message(RoomMessage(id: id, room: .lobby, from: .lobby, text: "")),
          at: noon)
      }
    }
    add([0, 1, 0, 0])
    try store.commit()
    #expect(store.position == LogPosition("1.2"))
    add([0])
    store.hold(includingTurn: true)
    add([0, 2, 0])
    #expect(store.position == LogPosition("1.2"))
    _ = try store.resume()
    #expect(store.position == LogPosition("2.1"))
    let committed = store.takeCommitted()
    #expect(committed.map(\.before) == [LogPosition("0")!, LogPosition("1.2")!])
    #expect(committed.map(\.end) == [LogPosition("1.2")!, LogPosition("2.1")!])
    #expect(committed.flatMap(\.bytes) == (try folder.bytes("chat.log")))
    // The followed lines are the same as those in the file.
    let teller = LogFollower(events())
    var place = LogFollower.Place(LogPosition("0.1")!)
    let told = try #require(teller.part(of: committed, behind: &place))
    #expect(place.position == store.position)
    let read = try rows(reading(folder, events(since: "0.1"), until: store.position))
    #expect(try JSONValue(parsing: told)["events"]?.array == read)
    #expect(read.map { $0["id"]?.string } == ["1", "1.1", "1.2", "1.3", "1.4", "2", "2.1"])
    #expect(teller.part(of: committed, behind: &place) == nil)
  }

  @Test func `a turn that fills many parts is in order`() throws {
    var bytes: [UInt8] = []
    let text = String(repeating: "x", count: 1000)
    for id in 1...300 { bytes += Array(line(MessageID(id), text: text).utf8) }
    let turns = [
      CommittedLines(bytes, from: LogPosition(), to: LogPosition(id: 300), turn: 1),
      CommittedLines(
        Array(line(nil).utf8), from: LogPosition(id: 300), to: LogPosition(id: 300, line: 1), turn: 2),
    ]
    let teller = LogFollower(events())
    var place = LogFollower.Place(LogPosition(id: 2))
    var told: [String] = []
    var parts = 0
    while let part = teller.part(of: turns, behind: &place) {
      told += try #require(JSONValue(parsing: part)["events"]?.array).compactMap { $0["id"]?.string }
      parts += 1
    }
    #expect(told == (3...300).map { "\($0)" } + ["300.1"])
    #expect(parts > 4)
  }
}
