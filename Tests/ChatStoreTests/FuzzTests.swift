import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private let hash = "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

private let users = [
  "name,password,role,status,email,created\nalice,\(hash),operator,active,a@example.org,2026-11-20\nBob,*,,,,\n",
  "\u{FEFF}role,note,password,name\r\noperator,\"likes, \"\"tea\"\"\r\nand cake\",plain:correct-horse,alice\r\n\r\n,,*,bob",
]

private let rooms = [
  #"""
  {
    "version": 1,
    "motto": "be kind",
    "rooms": [
      {"colour": "green", "name": "den", "topic": "quiet", "owner": "Alice", "password": "\#(hash)",
       "created": "2026-11-20", "first_id": 7, "hidden": true, "invited": [{"user": "carol", "until": "2026-11-27"}], "moderators": ["bob"], "banned": ["m-1"], "muted": []},
      {"name": "attic"},
      {"name": "Lobby", "topic": "hi", "muted": ["bob"]}
    ],
    "after": [1, 2]
  }
  """#, #"{"rooms":[]}"#,
]

private let state = [
  #"""
  {
    "version": 1,
    "saved": "2026-11-20T20:11:02.123Z",
    "clean": true,
    "id": 1042,
    "clock": {"boot":"b","uptime":5,"set":2,"steps":[{"before":7,"milliseconds":-1}]},
    "bans": [{"user": "Mallory", "since": "2026-11-20", "until": null, "by": "root", "reason": "spam", "ticket": 17},
      {"address": "192.0.2.0/24"}],
    "mutes": [{"user": "bob", "until": "2027-01-01T00:00:00Z"}],
    "users": [
      {"name": "alice", "last_seen": "2026-11-20T20:11:02.123Z", "rooms": ["lobby", "Den"], "away": null, "ignores": [],
       "unread": [{"id": 1040, "time": "2026-11-20T20:11:02.123Z", "from": "bob", "text": "psst", "starred": true}]},
      {"name":"bob"}
    ]
  }
  """#, #"{"users":[]}"#,
]

private let files = [
  #"""
  {
    "version": 1,
    "files": [
      {"id": 9, "room": "ops", "from": "alice", "name": "a \"b\".txt", "size": 5, "cksum": 4294967295,
       "offered": "2026-11-20T12:00:00Z", "shared": null},
      {"id": 12, "room": "ops", "from": "bob", "name": "b", "size": 0, "cksum": 7,
       "offered": "2026-11-20T12:00:00Z", "shared": "2026-11-20T12:00:00Z"}
    ]
  }
  """#
]

private let journals = [
  journal(everyRecord),
  line(.clock(ClockEntry(boot: "b"), saved: noon), 3) + line(.lease(5000), 4) + line(.settled(2), 5)
    + line(.covered([.users: 3, .rooms: 2]), 6),
]

private func text(of document: some FileDocument) -> [UInt8] {
  var document = document
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return bytes
}

/// Every error of a file is one line and names an existing line.
private func expectTelling(_ errors: [FileError], _ input: Fuzz.Input) {
  // Counts every character that ends a line in one of the formats.
  let lines = input.bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
  for error in errors {
    #expect(error.file == "data/f" && !error.problem.isEmpty && !error.description.contains("\n"), "\(input)")
    #expect(error.line.map { (1...lines).contains($0) } == true, "\(error) \(input)")
  }
}

/// A file with named rows: if accepted, it is written back as it was read, it is accepted again after a change of
/// each row, and no row is lost. Read as an edit of another file, it has the same rows.
private func expectKept<Document: EditedDocument>(
  _: Document.Type, _ input: Fuzz.Input, of former: Document, isByteForByte: Bool, change: (inout Document.Row) -> Void
) {
  let (document, rows, errors) = Document.read(input.bytes, file: "data/f")
  expectTelling(errors + document.warnings, input)
  let revised = former.revised(by: input.bytes, file: "data/f")
  #expect(revised.errors == errors, "\(input)")
  guard errors.isEmpty else { return }
  for row in rows { #expect(revised.document.row(of: row.name.key) == row, "\(input)") }
  #expect(revised.document.count == rows.count && document.count == rows.count, "\(input)")
  for key in former.keys where document.text(of: key) == nil { #expect(revised.gone.contains(key), "\(input)") }
  if isByteForByte { #expect(text(of: document) == input.bytes, "\(input)") }
  let (_, again, noFaults) = Document.read(text(of: document), file: "data/f")
  #expect(noFaults == [] && again == rows, "\(input)")
  var (changed, changedRows) = (document, rows)
  for index in changedRows.indices {
    change(&changedRows[index])
    changed.set(changedRows[index])
  }
  let (_, reread, stillNone) = Document.read(text(of: changed), file: "data/f")
  #expect(stillNone == [] && reread == changedRows, "\(input)")
}

@Suite struct FuzzTests {
  @Test func `any users.csv is kept, or has an error with its line`() throws {
    let (former, _, _) = UsersDocument.read(Array(users[0].utf8), file: "f")
    try Fuzz("users.csv", users, words: ["operator", "disabled", hash, "\"", "\"\"", "name", "email", "created"]).run {
      input in
      expectKept(UsersDocument.self, input, of: former, isByteForByte: true) { account in
        account.role = account.role == .operator ? .user : .operator
        account.email = nil
        account.created = noon
      }
    }
  }

  @Test func `any rooms.json is kept, or has an error with its line`() throws {
    let (former, _, _) = RoomsDocument.read(Array(rooms[0].utf8), file: "f")
    try Fuzz("rooms.json", rooms, words: ["name", "rooms", "\"lobby\"", "[\"bob\"]", "{\"name\":\"x\"},"]).run {
      input in
      expectKept(RoomsDocument.self, input, of: former, isByteForByte: false) { room in
        room.topic = "changed"
        room.muted = room.muted.isEmpty ? [Name("eve")!] : []
      }
    }
  }

  @Test func `any state.json is kept, or has an error with its line`() throws {
    try Fuzz("state.json", state, words: ["users", "bans", "\"2026-11-20\"", "[]", "{\"name\":\"x\"},"]).run { input in
      var (entries, again): ([StateEntry], [StateEntry]) = ([], [])
      var (document, errors) = StateDocument.read(input.bytes, file: "data/f") { entries.append($0) }
      expectTelling(errors + document.warnings, input)
      guard errors.isEmpty else { return }
      for entry in entries { document.apply(UserChange(entry.name, lastSeen: noon)) }
      let (reread, noFaults) = StateDocument.read(text(of: document), file: "data/f") { again.append($0) }
      #expect(noFaults == [] && again.map(\.mail) == entries.map(\.mail), "\(input)")
      #expect(again.map(\.user.name.text) == entries.map(\.user.name.text), "\(input)")
      #expect(again.map(\.user.rooms) == entries.map(\.user.rooms), "\(input)")
      #expect(reread.restrictions.all == document.restrictions.all && reread.head == document.head, "\(input)")
    }
  }

  @Test func `any files.json is kept, or has an error with its line`() throws {
    try Fuzz("files.json", files, words: ["files", "shared", "\"2026-11-20\""]).run { input in
      var (document, entries, errors) = FilesDocument.read(input.bytes, file: "data/f")
      expectTelling(errors + document.warnings, input)
      guard errors.isEmpty else { return }
      var records = entries.map(\.record)
      for index in records.indices {
        records[index].shared = records[index].shared == nil ? noon : nil
        document.set(records[index])
      }
      let (reread, again, noFaults) = FilesDocument.read(text(of: document), file: "data/f")
      #expect(noFaults == [] && again.map(\.record) == records && reread.shared == document.shared, "\(input)")
    }
  }

  @Test func `any settings.json is read, or has an error with its line`() throws {
    var whole = SettingsFile()
    (whole.host, whole.port, whole.control, whole.fsync) = ("127.0.0.1", 7777, "data/control.sock", .no)
    (whole.tlsCertificate, whole.tlsKey) = ("chain.pem", "/etc/key.pem")
    whole.settings.proxies = [AddressBlock("192.0.2.7")!, AddressBlock("2001:db8::/32")!]
    let words = whole.values.map { "\"\($0.name)\": 1,\n" }
    try Fuzz("settings.json", [whole.write(), Array(#"{"port": 0, "guests": false}"#.utf8)], words: words).run {
      input in
      let (file, errors) = SettingsFile.read(input.bytes, file: "data/f")
      expectTelling(errors, input)
      guard errors.isEmpty else { return }
      let (again, noFaults) = SettingsFile.read(file.write(), file: "data/f")
      #expect(noFaults == [] && again == file, "\(input)")
    }
  }

  @Test func `any journal.jsonl is applied, or has an error with its line`() throws {
    let (_, accounts, _) = UsersReader.readAccounts(Array(users[0].utf8), file: "f")
    let (_, rooms, _) = RoomsDocument.read(Array(rooms[0].utf8), file: "f")
    let (_, files, _) = FilesDocument.read(Array(files[0].utf8), file: "f")
    try Fuzz("journal.jsonl", journals).run { input in
      let contents: JournalContents
      do throws(FileError) {
        contents = try JournalContents(input.bytes, file: "data/f")
      } catch {
        return expectTelling([error], input)
      }
      #expect(contents.wholeBytes <= contents.totalBytes && contents.totalBytes == input.bytes.count, "\(input)")
      var written: [UInt8] = []
      for entry in contents.lines { entry.line.append(number: entry.number, to: &written) }
      let again = try JournalContents(written, file: "data/f")
      #expect(again.lines == contents.lines && !again.isTorn, "\(input)")
      let replay = JournalReplay(
        contents,
        FolderContent(
          accounts: accounts, rooms: rooms,
          files: Dictionary(uniqueKeysWithValues: files.map { ($0.record.id, $0.record) })))
      #expect(Set(replay.content.rooms.map(\.name)).count == replay.content.rooms.count, "\(input)")
    }
  }

  @Test func `the next start of any accepted folder finds the same`() throws {
    let names = ["users.csv", "rooms.json", "state.json", "files.json", "journal.jsonl", "chat.log"]
    let examples = [users[0], rooms[0], state[0], files[0]].map { Array($0.utf8) } + [journals[0], log]
    try Fuzz("data folders", examples).run { input in
      let folder = try TemporaryFolder()
      for (name, example) in zip(names, examples) where Bool.random(using: &input.random) {
        try folder.write(name, example)
      }
      try folder.write(names.randomElement(using: &input.random)!, input.bytes)
      func start() throws -> LoadedData {
        let (store, loaded) = try open(folder)
        _ = try store.finish(isClean: true)
        return loaded
      }
      let first: LoadedData
      do {
        first = try start()
      } catch {
        guard case StoreError.malformed = error else { throw error }
        return
      }
      let second = try start()
      #expect(second.accounts.sorted { $0.name < $1.name } == first.accounts.sorted { $0.name < $1.name }, "\(input)")
      #expect(second.rooms.sorted { $0.name < $1.name } == first.rooms.sorted { $0.name < $1.name }, "\(input)")
      #expect(second.files == first.files && second.mail == first.mail, "\(input)")
      #expect(Set(second.restrictions.map(\.key)) == Set(first.restrictions.map(\.key)), "\(input)")
      #expect(second.nextID >= first.nextID, "\(input)")
    }
  }

  @Test func `any chat.log is repaired once, and every read of it ends`() throws {
    let words = ["id=", "file=", "message", "room=lobby", "2026-11-20T12:00:00.000Z message id=8 room=lobby from=bob"]
    let folder = try TemporaryFolder()
    try Fuzz("chat.log", [log, log + Array("half a line".utf8)], words: words).run { input in
      try folder.write("chat.log", input.bytes)
      let tail = LogRepair(path: folder.folder.log)
      if let kept = try tail.cutTornLine(at: noon) { try File.unlink(kept) }
      let repaired = try folder.bytes("chat.log")
      #expect(input.bytes.starts(with: repaired) && (repaired.last ?? 10) == 10, "\(input)")
      let isMended = try tail.cutTornLine(at: noon) == nil
      #expect(isMended, "\(input)")
      let greatest = try tail.greatestID()
      #expect(greatest <= .greatestInLogAlone, "\(input)")
      var reader = HistoryReader(logPath: folder.folder.log)
      reader.blockBytes = Int.random(in: 64...4096, using: &input.random)
      reader.scanBytesMax = Int.random(in: 100...4096, using: &input.random)
      let id = MessageID.random(in: 0...9, using: &input.random)
      for page in [HistoryQuery.Page.last(2), .since(id), .found("o")] {
        var query = HistoryQuery(room: .lobby, before: .max, page: page)
        if Bool.random(using: &input.random) { query.created = noon }
        let isWalked = walk(reader, query, scanBytesMax: Int.random(in: 100...4096, using: &input.random))
        #expect(isWalked, "\(page) \(input)")
      }
      for form in [ControlLogQuery.Form.events, .messages(.lobby)] {
        let reading = reader.reading(
          ControlLogQuery(form, last: [nil, 3].randomElement(using: &input.random)!),
          until: LogPosition(id: id, line: 0))
        while case .more = reading.next() {}
      }
    }
  }
}

/// Whether every page is nearer to the end than the previous one.
private func walk(_ reader: HistoryReader, _ query: HistoryQuery, scanBytesMax: Int) -> Bool {
  var query = query
  while case .messages(_, let more, _, _) = reader.read(query, scanBytesMax: scanBytesMax) {
    switch more {
    case nil: return true
    case .since(let id):
      guard case .since(let last) = query.page, id > last else { return false }
      query.page = .since(id)
    case .before(let id):
      guard id < query.olderThan ?? .max else { return false }
      query.olderThan = id
    case .both: return false
    }
  }
  return true
}

/// Messages, events and a damaged line.
private let log: [UInt8] = {
  var bytes: [UInt8] = []
  for id in 1...6 as ClosedRange<MessageID> {
    let message = RoomMessage(
      id: id, room: id == 4 ? Name("den")! : .lobby, from: Name("alice")!, text: "é \"quoted\" \\ hello \(id)",
      isAction: id == 5)
    LogFormat.append(.message(message), at: noon.adding(milliseconds: Int64(id)), into: &bytes)
    if id == 2 { LogFormat.append(.event("login", [.init("user", "bob")], text: nil), at: noon, into: &bytes) }
    if id == 3 { bytes += "damage\n".utf8 }
  }
  LogFormat.append(
    .event("file-fetched", [.init("file", "2"), .init("user", "bob")], text: nil), at: noon, into: &bytes)
  return bytes
}()
