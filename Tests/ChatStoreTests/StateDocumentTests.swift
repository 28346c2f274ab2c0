import ChatCore
import ChatProtocol
import Testing

@testable import ChatStore

private func read(_ text: String) throws -> (StateDocument, [StateEntry]) {
  var entries: [StateEntry] = []
  let (document, errors) = StateDocument.read(Array(text.utf8), file: "state.json") { entries.append($0) }
  try #require(errors == [])
  return (document, entries)
}

private func written(_ document: StateDocument) -> String {
  var document = document
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

private let alice = Name("alice")!
private let bob = Name("bob")!
private let time = Timestamp("2026-11-20T20:11:02.123Z")!

private func mail(_ id: MessageID, _ text: String = "psst") -> Mail {
  Mail(time: time, message: PrivateMessage(id: id, from: bob, to: alice, text: text))
}

private let full = """
  {
    "version": 1,
    "saved": "2026-11-20T20:11:02.123Z",
    "clean": true,
    "id": 1042,
    "theme": "dark",
    "users": [
      {
        "name": "alice",
        "last_seen": "2026-11-20T20:11:02.123Z",
        "rooms": [
          "lobby",
          "Den"
        ],
        "away": null,
        "ignores": [],
        "mood": "fine",
        "unread": [
          {
            "id": 1040,
            "time": "2026-11-20T20:11:02.123Z",
            "from": "bob",
            "text": "psst",
            "starred": true
          }
        ]
      }
    ]
  }

  """

@Test func `the state is read and written as it was`() throws {
  var (document, entries) = try read(full)
  #expect(document.head == StateDocument.Head(saved: time, isClean: true, id: 1042))
  #expect(entries.map(\.user) == [UserState(name: alice, lastSeen: time, rooms: [.lobby, Name("den")!])])
  #expect(entries[0].mail == [mail(1040)])
  document.apply(UserChange(from: UserState(name: alice), to: entries[0].user))
  #expect(written(document) == full)
}

@Test func `mail is added and read without touching anything else`() throws {
  var (document, _) = try read(full)
  document.append(mail(1043, "again"))
  let more = """
    "starred": true
            },
            {
              "id": 1043,
              "time": "2026-11-20T20:11:02.123Z",
              "from": "bob",
              "text": "again"
            }
    """
  #expect(written(document) == full.replacing("\"starred\": true\n        }", with: more))
  document.removeMail(of: alice, upTo: 1040)
  #expect(try read(written(document)).1[0].mail == [mail(1043, "again")])
  document.removeMail(of: alice, upTo: 2000)
  document.removeMail(of: bob, upTo: 2000)
  let (_, entries) = try read(written(document))
  #expect(entries.map(\.user.name) == [alice])
  #expect(entries[0].mail == [])
  #expect(written(document).contains("\"mood\": \"fine\""))
}

@Test func `the first mail adds an entry`() throws {
  var document = StateDocument()
  document.append(mail(7))
  document.apply(UserChange(from: UserState(name: alice), to: UserState(name: alice, away: "tea")))
  let (_, entries) = try read(written(document))
  #expect(entries.map(\.user) == [UserState(name: alice, away: "tea")])
  #expect(entries.map(\.mail) == [[mail(7)]])
}

@Test func `a changed head replaces the old one`() throws {
  var (document, _) = try read(full)
  document.head = StateDocument.Head(saved: Timestamp("2027-01-01T00:00:00Z"), isClean: false, id: 2000)
  #expect(
    written(document)
      == full.replacing("\"saved\": \"2026-11-20T20:11:02.123Z\"", with: "\"saved\": \"2027-01-01T00:00:00.000Z\"")
      .replacing("\"clean\": true", with: "\"clean\": false").replacing("\"id\": 1042", with: "\"id\": 2000"))
}

@Test func `a missing head is inserted before the users`() throws {
  let (document, _) = try read(#"{"users":[]}"#)
  #expect(
    written(document)
      == "{\n  \"version\": 1,\n  \"saved\": null,\n  \"clean\": false,\n  \"id\": 0,\n  \"users\": []\n}\n")
}

private let nameRule = "a name is 1 to 32 letters, digits, '_', '-' or '.', beginning with a letter or digit"
private let timeRule = "write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z, or leave it empty"

private let errors: [(text: String, errors: [String])] = [
  (
    "{\"saved\":\n1,\"clean\":0,\n\"id\":-1,\"users\":[]}",
    [
      "1: the time in \"saved\" is not valid; \(timeRule)", "2: \"clean\" must be true or false; write false",
      "3: \"id\" must be a whole number from 0 to 9007199254740991; write the greatest message id that was ever issued",
    ]
  ),
  (
    "{\"users\":[\n{\"name\":\"a\",\"last_seen\":\"x\",\"rooms\":[\"\"],\"away\":1}]}",
    [
      "2: the time \"x\" in \"last_seen\" is not valid; \(timeRule)",
      "2: the name \"\" in \"rooms\" is not valid; \(nameRule)", "2: \"away\" must be a string in quotation marks",
    ]
  ),
  (
    "{\"clean\": 1,\n\"users\":[\n{\"name\":\"a\",\"away\":1},\n{\"name\":\"A\"}],\n\"id\":-1}",
    [
      "1: \"clean\" must be true or false; write false", "3: \"away\" must be a string in quotation marks",
      "4: the user \"A\" is in line 3 already (upper and lower case are equal); remove one of the two",
      "5: \"id\" must be a whole number from 0 to 9007199254740991; write the greatest message id that was ever issued",
    ]
  ),
  (
    "{\"users\":[{\"name\":\"a\",\"read\":[\n{\"room\":\"den\",\"id\":-1,\"messages\":0},\n{\"room\":\"den\",\"id\":1,"
      + "\"messages\":2},\n{\"room\":\"Den\",\"id\":1,\"messages\":1}]}],\n\"counts\":{\"up_to\":1,\"rooms\":[\n"
      + "{\"room\":\"den\",\"messages\":1.5}]}}",
    [
      "2: \"id\" must be a whole number from 0 to 9007199254740991",
      "4: the read mark of Den is in line 3 already; remove one of the two",
      "6: \"messages\" must be a whole number from 0 to 9007199254740991",
    ]
  ),
  ("{\"users\":[{\"name\":\"a\",\"read\":7}]}", ["1: \"read\" must be a list; write its entries between [ and ]"]),
  ("{\"users\":[{\"name\":\"a\",\"unread\":7}]}", ["1: \"unread\" must be a list; write messages between [ and ]"]),
  (
    "{\"users\":[{\"name\":\"a\",\"unread\":[\n7,\n{\"id\":0,\"text\":1},\n{\"from\":\"b\"}]}]}",
    [
      "2: a message must be an object: {\"name\": …}", "3: \"id\" must be a whole number from 1 to 9007199254740991",
      "3: the message has no \"from\"; \(nameRule)", "3: \"text\" must be a string in quotation marks",
      "4: the message has no \"id\"; write a number from 1 to 9007199254740991",
    ]
  ),
  (
    "{\"id\": 9223372036854775807, \"users\":[]}",
    [
      "1: \"id\" must be a whole number from 0 to 9007199254740991; write the greatest message id that was ever issued"
    ]
  ),
  (
    "{\"users\":[{\"name\":\"a\",\"unread\":[\n{\"id\":9007199254740992,\"from\":\"b\"}]}]}",
    ["2: \"id\" must be a whole number from 1 to 9007199254740991"]
  ),
  (
    "{\"users\":[{\"name\":\"a\",\"unread\":[\n{\"id\":7,\"from\":\"b\"},\n{\"id\":7,\"from\":\"c\"}]}]}",
    ["3: the \"id\" 7 is in line 2 already; remove one of the two"]
  ),
  (
    "{\"users\":[\n{\"name\":\"a b\",\"unread\":[\n{\"id\":0,\"from\":\"b\"}]}]}",
    [
      "2: the name \"a b\" in \"name\" is not valid; \(nameRule)",
      "3: \"id\" must be a whole number from 1 to 9007199254740991",
    ]
  ),
  (
    "{\"users\":[{\"name\":\"a\"},\n{\"name\":\"A\"}]}",
    ["2: the user \"A\" is in line 1 already (upper and lower case are equal); remove one of the two"]
  ),
]

@Test(arguments: errors)
func `errors in state.json have their line and what to write`(text: String, errors: [String]) {
  let found = StateDocument.read(Array(text.utf8), file: "data/state.json") { _ in }.1
  #expect(found.map(\.description) == errors.map { "data/state.json:\($0)" })
}
