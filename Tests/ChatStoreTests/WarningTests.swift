import ChatCore
import ChatProtocol
import JSON
import TestSupport
import Testing

@testable import ChatStore

/// Problems that do not prevent a start but are probably mistakes.
@Suite struct `A warning` {
  private static let rooms = """
    {"rooms": [
      {"name": "den", "topc": "tea", "colour": "red", "owner": "alice"},
      {"name": "hall",
       "owner": "nobody", "moderators": ["alice", "ghost"], "banned": ["guest"]}
    ], "vresion": 1}
    """

  private static let problems = [
    #"rooms.json:2: "topc" is unknown and ignored; did you mean "topic"?"#,
    #"rooms.json:5: "vresion" is unknown and ignored; did you mean "version"?"#,
    "rooms.json:3: nobody, the owner of hall, has no account; add it to users.csv, or write another name",
    "rooms.json:3: ghost, a moderator of hall, has no account; add it to users.csv, or write another name",
    #"state.json:1: "awya" is unknown and ignored; did you mean "away"?"#,
    #"state.json:1: "reson" is unknown and ignored; did you mean "reason"?"#,
    #"files.json:1: "filse" is unknown and ignored; did you mean "files"?"#,
  ]

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("users.csv", "name,password\nalice,*\n")
    try folder.write("rooms.json", Self.rooms)
    try folder.write(
      "state.json", #"{"bans": [{"user": "x", "reson": "y"}], "users": [{"name": "alice", "awya": "x"}]}"#)
    try folder.write("files.json", #"{"filse": [], "files": []}"#)
    return folder
  }

  @Test func `a check reports misspelled keys and names without an account`() throws {
    let folder = try folder()
    let errors = folder.folder.check()
    #expect(errors.allSatisfy { $0.isWarning })
    let told = errors.map {
      $0.description.replacing("\(folder.path)/", with: "").replacing("warning: ", with: "")
    }
    #expect(Set(told) == Set(Self.problems))
  }

  @Test func `is in the log of a starting server`() throws {
    let folder = try folder()
    let (_, loaded) = try open(folder)
    let told = loaded.notices.map { $0.description.replacing("\(folder.path)/", with: "") }
    #expect(Set(told).isSuperset(of: Self.problems))
  }

  @Test func `is never about a key that the server writes`() throws {
    let alice = Name("alice")!
    let mail = Mail(time: noon, message: PrivateMessage(id: 3, from: alice, to: alice, text: "x"))
    func check<Entry: NamedEntry>(_ entry: Entry) {
      var written = JSONValue.object([])
      entry.write(into: &written, isNew: true)
      let names = (written.members ?? []).map(\.name)
      #expect(Set(names).isSubset(of: Entry.keys))
    }
    check(RoomRecord(name: Name("den")!, topic: "tea", owner: alice, password: "*", created: noon, firstID: 7))
    check(StateEntry(user: UserState(name: alice, lastSeen: noon, rooms: [.lobby], away: "x"), mail: [mail]))
    var ban = JSONValue.object([])
    let restriction = Restriction(.init(.ban, .user(alice)), since: noon, until: noon, by: "x", reason: "y")
    RestrictionEntry(restriction: restriction).write(into: &ban)
    let names = (ban.members ?? []).map(\.name)
    #expect(Set(names).isSubset(of: RestrictionEntry.keys))
    // The documents around them.
    let folder = try TemporaryFolder()
    do {
      let (store, _) = try open(folder)
      store.append(.user(UserState(name: alice, away: "x"), was: UserState(name: alice)))
      try store.commit()
      _ = try store.finish(isClean: true)
    }
    #expect(folder.folder.check() == [])
  }

  @Test func `is reported once for an edit`() throws {
    var fixture = try EditFixture()
    try fixture.rename("rooms.json", EditFixture.rooms.replacing("colour", with: "topc"))
    fixture.turn()
    let scan = try #require(fixture.scans.all.last)
    #expect(scan.concernsCore && scan.edit.roomRemarks.warnings.count == 1)
    #expect(scan.edit.roomRemarks.warnings[0].contains(#""topc" is unknown and ignored; did you mean "topic"?"#))
    try fixture.rename("rooms.json", EditFixture.rooms.replacing("colour", with: "topc").replacing("red", with: "blue"))
    fixture.turn()
    #expect(fixture.scans.all.count == 1)
  }
}
