import ChatCore
import ChatProtocol
import JSON
import TestSupport
import Testing

@testable import ChatStore

/// Starts a server on these files and stops it. Contains the loaded data and the written files.
private struct Replayed {
  let loaded: LoadedData
  let users: String
  let rooms: String
  let state: String

  init(users: String? = nil, rooms: String? = nil, state: String? = nil, journal: [UInt8]) throws {
    let folder = try TemporaryFolder()
    for (name, text) in [("users.csv", users), ("rooms.json", rooms), ("state.json", state)] {
      if let text { try folder.write(name, text) }
    }
    try folder.write("journal.jsonl", journal)
    loaded = try Self.startAndEnd(folder)
    self.users = try folder.text("users.csv")
    self.rooms = try folder.text("rooms.json")
    self.state = try folder.text("state.json")
    // The files now show everything, so the journal is empty and a second start loads the same.
    #expect(try folder.bytes("journal.jsonl") == [])
    let reloaded = try Self.startAndEnd(folder)
    #expect(reloaded.accounts == loaded.accounts)
    #expect(Set(reloaded.rooms.map(\.name)) == Set(loaded.rooms.map(\.name)))
    #expect(reloaded.mail == loaded.mail)
    #expect(reloaded.users.map(\.name) == loaded.users.map(\.name))
  }

  private static func startAndEnd(_ folder: TemporaryFolder) throws -> LoadedData {
    let (store, loaded) = try open(folder)
    _ = try store.finish(isClean: true)
    return loaded
  }

  var notices: [StoreNotice] { loaded.notices }
}

@Suite struct `Replaying the journal` {
  /// Four states of one row, the first none, and the changes between them.
  private static let steps = [
    Account("alice", "*"), Account("alice", "plain:secret-1"), Account("alice", "plain:secret-2"),
  ]
  private static let changes = journal([
    .account(steps[0], was: nil), .account(steps[1], was: steps[0]), .account(steps[2], was: steps[1]),
  ])

  @Test(arguments: ["", "alice,*\n", "alice,plain:secret-1\n", "alice,plain:secret-2\n"])
  func `begins at the position of the file's row`(row: String) throws {
    let replayed = try Replayed(users: "name,password\n" + row, journal: Self.changes)
    #expect(replayed.loaded.accounts == [Self.steps[2]])
    #expect(replayed.users == "name,password\nalice,plain:secret-2\n")
    #expect(replayed.notices == [.uncleanShutdown(changes: row == "alice,plain:secret-2\n" ? 0 : 1)])
  }

  @Test func `keeps a row that was edited by hand after the crash, and reports it`() throws {
    let more = journal([.account(Account("bob"), was: nil)])
    let replayed = try Replayed(users: "name,password\nalice,plain:my-secret\n", journal: Self.changes + more)
    #expect(replayed.loaded.accounts == [Account("alice", "plain:my-secret"), Account("bob")])
    #expect(
      replayed.notices == [.uncleanShutdown(changes: 1), .changesDropped(file: "users.csv", key: "alice", changes: 3)])
  }

  @Test func `does not restore a row that was removed by hand or by the server`() throws {
    let removed = journal([.accountRemoved(was: Account("alice")), .roomRemoved(was: RoomRecord(name: Name("den")!))])
    let byServer = try Replayed(
      users: "name,password\nalice,*\nbob,*\n", rooms: #"{"rooms":[{"name":"den"},{"name":"tea"}]}"#, journal: removed)
    #expect(byServer.loaded.accounts == [Account("bob")])
    #expect(byServer.loaded.rooms == [RoomRecord(name: Name("tea")!)])
    let changed = journal([.account(Self.steps[1], was: Self.steps[0])])
    let byHand = try Replayed(users: "name,password\nbob,*\n", journal: changed)
    #expect(byHand.loaded.accounts == [Account("bob")])
    #expect(byHand.notices.contains(.changesDropped(file: "users.csv", key: "alice", changes: 1)))
  }

  @Test func `applies its changes if only one of the files was written`() throws {
    let den = RoomRecord(name: Name("den")!, topic: "tea")
    let away = UserState(name: Name("alice")!, away: "lunch")
    let records: [Record] = [.account(Self.steps[0], was: nil), .room(den, was: nil), .user(away, was: none)]
    let files: [(users: String?, rooms: String?, state: String?)] = [
      (nil, nil, nil), ("name,password\nalice,*\n", nil, nil), (nil, #"{"rooms":[{"name":"den","topic":"tea"}]}"#, nil),
      (nil, nil, #"{"users":[{"name":"alice","away":"lunch"}]}"#),
    ]
    for file in files {
      let replayed = try Replayed(users: file.users, rooms: file.rooms, state: file.state, journal: journal(records))
      #expect(replayed.loaded.accounts == [Self.steps[0]])
      #expect(replayed.loaded.rooms == [den])
      #expect(replayed.loaded.users == [away])
    }
  }

  @Test func `skips changes that a file shows`() throws {
    // The row was edited after it had been written, so no change in the journal applies to it.
    let covered = line(.covered([.users: 3]), 4)
    let replayed = try Replayed(users: "name,password\nalice,plain:my-secret\n", journal: Self.changes + covered)
    #expect(replayed.loaded.accounts == [Account("alice", "plain:my-secret")])
    #expect(replayed.notices == [.uncleanShutdown(changes: 0)])
  }

  @Test func `begins at the position of a room with long lists, and keeps an edited one`() throws {
    let steps = [
      longLists(topic: "", banned: 0..<30), longLists(topic: "one", banned: 0..<30),
      longLists(topic: "one", banned: 1..<31), longLists(topic: "two", banned: 1..<31),
    ]
    let changes = journal((1..<4).map { .room(steps[$0], was: steps[$0 - 1]) })
    for step in steps {
      let replayed = try Replayed(rooms: text(step), journal: changes)
      #expect(replayed.loaded.rooms == [steps[3]])
      #expect(replayed.notices.first == .uncleanShutdown(changes: step == steps[3] ? 0 : 1))
    }
    let edited = longLists(topic: "by hand", banned: 0..<30)
    let replayed = try Replayed(rooms: text(edited), journal: changes)
    #expect(replayed.loaded.rooms == [edited])
    #expect(replayed.notices.contains(.changesDropped(file: "rooms.json", key: "den", changes: 3)))
    // A whole row as older servers wrote it, and a change as this server writes it.
    let mixed = journal([.room(steps[0], was: nil), .room(steps[1], was: steps[0])])
    #expect(try Replayed(journal: mixed).loaded.rooms == [steps[1]])
  }

  private func text(_ room: RoomRecord) throws -> String {
    var document = RoomsDocument()
    document.set(room)
    document.encodeChanges()
    var bytes: [UInt8] = []
    document.write { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `applies changes of a user, whichever of them the file shows`() throws {
    let (alice, den, tea) = (Name("alice")!, Name("den")!, Name("tea")!)
    var changes: [UserChange] = [
      UserChange(alice, lastSeen: noon), UserChange(alice), UserChange(alice), UserChange(alice),
    ]
    changes[1].joined = [den, tea]
    changes[2].left = [den]
    changes[2].away = .away("lunch")
    changes[3].ignored = [Name("bob")!]
    changes[3].away = .back
    var states = [UserState(name: alice, rooms: [.lobby])]
    for change in changes {
      states.append(states.last!)
      states[states.count - 1].apply(change)
    }
    #expect(states.last == UserState(name: alice, lastSeen: noon, rooms: [.lobby, tea], ignores: [Name("bob")!]))
    for state in states {
      let entry = StateEntry(user: state)
      var value: JSONValue = .object([])
      entry.write(into: &value, isNew: true)
      let replayed = try Replayed(
        state: #"{"users":[\#(String(decoding: value.compact, as: UTF8.self))]}"#,
        journal: journal(changes.map { .user($0) }))
      #expect(replayed.loaded.users.map { $0 } == [states.last!])
    }
  }

  @Test func `reads an older server's lines about a user, and newer ones after them`() throws {
    let before =
      #"{"n":1,"file":"state.json","key":"alice","was":"0000000000000000","row":{"name":"alice","last_seen":null,"#
      + #""rooms":["lobby","den"],"away":"x","ignores":[]}}"# + "\n"
    let was = JournalRow.user(UserState(name: Name("alice")!)).digest.hexadecimal
    let old = Array(before.replacing("0000000000000000", with: was).utf8)
    var change = UserChange(Name("alice")!)
    change.left = [Name("den")!]
    let replayed = try Replayed(journal: old + line(.user(change), 2))
    #expect(replayed.loaded.users.map { $0 } == [UserState(name: Name("alice")!, rooms: [.lobby], away: "x")])
  }

  @Test func `knows the lobby and a user without entries in the files`() throws {
    let topic = RoomRecord(name: .lobby, topic: "welcome")
    let records: [Record] = [
      .room(topic, was: RoomRecord(name: .lobby)), .user(UserState(name: Name("alice")!, lastSeen: noon), was: none),
    ]
    let replayed = try Replayed(journal: journal(records))
    #expect(replayed.loaded.rooms == [topic])
    #expect(replayed.loaded.users.map(\.lastSeen) == [noon])
    #expect(replayed.notices == [.uncleanShutdown(changes: 2)])
  }

  @Test func `applies private messages by id, and then their reading`() throws {
    let records: [Record] = [
      .mail(Mail(5, to: "alice")), .mail(Mail(6, to: "alice")), .mailRead(by: Name("alice")!, upTo: 5),
      .mail(Mail(7, to: "alice")), .mail(Mail(8, to: "bob")),
    ]
    let entry = { (ids: [Int]) in
      let unread = ids.map { #"{"id":\#($0),"time":"2026-11-20T12:00:00Z","from":"bob","text":"psst"}"# }
      return #"{"users":[{"name":"alice","unread":[\#(unread.joined(separator: ","))]}]}"#
    }
    // As the file may be after each of them.
    for ids in [[], [5], [5, 6], [6], [6, 7]] {
      let replayed = try Replayed(state: entry(ids), journal: journal(records))
      #expect(replayed.loaded.mail == [Mail(6, to: "alice"), Mail(7, to: "alice"), Mail(8, to: "bob")])
    }
  }

  @Test func `drops messages for a removed user`() throws {
    let alice = UserState(name: Name("alice")!, away: "x")
    let again = UserState(name: Name("alice")!, away: "y")
    let records: [Record] = [
      .mail(Mail(5, to: "alice")), .userRemoved(alice.name), .user(again, was: none), .mail(Mail(6, to: "alice")),
    ]
    for state in [#"{"users":[{"name":"alice","away":"x"}]}"#, #"{"users":[]}"#] {
      let replayed = try Replayed(state: state, journal: journal(records))
      #expect(replayed.loaded.users == [again])
      #expect(replayed.loaded.mail == [Mail(6, to: "alice")])
    }
  }

  @Test func `drops messages for a removed account that never logged in`() throws {
    let before: [Record] = [.mail(Mail(5, to: "alice")), .userRemoved(none.name)]
    let entry = #"{"name":"alice","unread":[{"id":5,"time":"2026-11-20T12:00:00Z","from":"bob","text":"psst"}]}"#
    // The file before the removal, and after it.
    for state in [#"{"users":[\#(entry)]}"#, #"{"users":[]}"#] {
      #expect(try Replayed(state: state, journal: journal(before)).loaded.mail.isEmpty)
      let later = journal(before + [.mail(Mail(6, to: "alice"))])
      #expect(try Replayed(state: state, journal: later).loaded.mail == [Mail(6, to: "alice")])
      let again = UserState(name: Name("alice")!, away: "y")
      let back = try Replayed(state: state, journal: journal(before + [.user(again, was: none)]))
      #expect(back.loaded.users == [again])
      #expect(back.loaded.mail.isEmpty)
    }
  }

  @Test func `gives a duplicate address only to the edited account`() throws {
    let change = journal([.account(Account("alice", email: "a@b.org"), was: nil)])
    let replayed = try Replayed(users: "name,password,email\nbob,*,a@b.org\n", journal: change)
    #expect(replayed.loaded.accounts == [Account("bob", email: "a@b.org"), Account("alice")])
    #expect(replayed.notices == [.uncleanShutdown(changes: 1), .addressDropped(user: "alice")])
    // An address that moved from one account to another within the journal is not dropped.
    let moved = journal([
      .account(Account("alice", email: "a@b.org"), was: nil),
      .account(Account("alice"), was: Account("alice", email: "a@b.org")),
      .account(Account("carol", email: "a@b.org"), was: nil),
    ])
    #expect(
      try Replayed(journal: moved).loaded.accounts == [Account("alice"), Account("carol", email: "a@b.org")])
  }
}
