import ChatCore
import ChatProtocol
import JSON
import TestSupport
import Testing
import Text

@testable import ChatStore

private func read(_ text: String) throws -> (RoomsDocument, [RoomRecord]) {
  let (document, rooms, errors) = RoomsDocument.read(Array(text.utf8), file: "rooms.json")
  try #require(errors == [])
  return (document, rooms)
}

private func written(_ document: RoomsDocument) -> String {
  var document = document
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

private func room(_ name: String) -> RoomRecord { RoomRecord(name: Name(name)!) }

private let twoRooms = """
  {
    "version": 1,
    "motto": "be kind",
    "rooms": [
      {
        "colour": "green",
        "name": "den",
        "topic": "quiet",
        "owner": "Alice",
        "password": "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
        "created": "2026-11-20",
        "moderators": [
          "bob"
        ]
      },
      {
        "name": "attic"
      }
    ],
    "after": [1, 2]
  }

  """

@Test func `an empty document is a minimal file`() {
  #expect(written(RoomsDocument()) == "{\n  \"version\": 1,\n  \"rooms\": []\n}\n")
}

@Test func `rooms are read with defaults`() throws {
  let (_, rooms) = try read(twoRooms)
  var den = room("den")
  den.topic = "quiet"
  den.owner = Name("Alice")
  den.password = "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
  den.created = Timestamp("2026-11-20T00:00:00Z")
  den.moderators = [Name("bob")!]
  #expect(rooms == [den, room("attic")])
}

@Test func `setting unchanged rooms leaves the file byte for byte`() throws {
  var (document, rooms) = try read(twoRooms)
  for room in rooms { document.set(room) }
  #expect(written(document) == twoRooms)
}

@Test func `a change touches only its keys`() throws {
  var (document, rooms) = try read(twoRooms)
  rooms[0].topic = "a \"loud\" place"
  rooms[0].banned = [Name("Mallory")!]
  document.set(rooms[0])
  #expect(
    written(document)
      == twoRooms.replacing(#""topic": "quiet""#, with: #""topic": "a \"loud\" place""#)
      .replacing("\"bob\"\n      ]", with: "\"bob\"\n      ],\n      \"banned\": [\n        \"Mallory\"\n      ]"))
}

@Test func `a new room is last, with all keys`() throws {
  var (document, _) = try read(#"{"rooms":[{"name":"den"}]}"#)
  document.set(room("attic"))
  #expect(
    written(document) == """
      {
        "version": 1,
        "rooms": [
          {"name":"den"},
          {
            "name": "attic",
            "topic": "",
            "owner": null,
            "password": null,
            "created": null,
            "moderators": [],
            "banned": [],
            "muted": []
          }
        ]
      }

      """)
}

@Test func `a deleted room vanishes and its name is free again`() throws {
  var (document, _) = try read(twoRooms)
  document.remove(Name("DEN")!)
  document.remove(Name("nowhere")!)
  #expect(try read(written(document)).1 == [room("attic")])
  document.set(room("den"))
  #expect(try read(written(document)).1 == [room("attic"), room("den")])
}

@Test func `a topic in the file is cleaned as one from a client`() throws {
  let (_, rooms) = try read(#"{"rooms":[{"name":"den","topic":"a\nb\u001b[31m\t\u2028c"}]}"#)
  #expect(rooms[0].topic == "a\u{FFFD}b\u{FFFD}[31m \u{FFFD}c")
}

@Test func `the lobby may have a topic and mutes`() throws {
  let (_, rooms) = try read(#"{"rooms":[{"name":"Lobby","topic":"hi","muted":["bob"],"password":null,"banned":[]}]}"#)
  #expect(rooms.map(\.topic) == ["hi"])
}

private let nameRule = "a name is 1 to 32 letters, digits, '_', '-' or '.', beginning with a letter or digit"

private let errors: [(text: String, errors: [String])] = [
  ("[]", ["1: the file must be a JSON object; it begins with { and ends with }"]),
  ("{}", ["1: the list \"rooms\" is missing; write \"rooms\": [] for an empty list"]),
  ("{\n\"rooms\":\n{}}", ["2: \"rooms\" must be a list; write [ ] around its entries"]),
  ("{\n\"version\": 2,\n\"rooms\": []}", ["2: this server reads version 1 of the file; write \"version\": 1"]),
  (
    "{\"rooms\": [\n{},\n[]\n]}",
    ["2: the room has no \"name\"; \(nameRule)", "3: a room must be an object: {\"name\": …}"]
  ),
  ("{\"rooms\": [\n{\"name\": 7}\n]}", ["2: \"name\" must be a string in quotation marks"]),
  ("{\"rooms\": [\n{\"name\": \"a b\"}\n]}", ["2: the name \"a b\" in \"name\" is not valid; \(nameRule)"]),
  (
    "{\"rooms\": [\n{\"name\":\"a\"},\n{\n\"name\":\"A\"}]}",
    ["3: the room \"A\" is in line 2 already (upper and lower case are equal); remove one of the two"]
  ),
  (
    "{\"rooms\": [\n\n{\n\"name\":\"a\",\n\"owner\": \"x y\",\"moderators\": \"bob\",\n\"banned\": [1, \"-\"],\"muted\": null}]}",
    [
      "3: the name \"x y\" in \"owner\" is not valid; \(nameRule)",
      "3: \"moderators\" must be a list: write names in quotation marks between [ and ]",
      "3: \"banned\" contains something other than a name; write names in quotation marks",
      "3: the name \"-\" in \"banned\" is not valid; \(nameRule)",
    ]
  ),
  (
    "{\"rooms\": [\n{\"name\":\"a\",\"owner\":\"x y\"},\n{\"name\":\"A\",\"topic\":1}],\n\"version\": 7}",
    [
      "2: the name \"x y\" in \"owner\" is not valid; \(nameRule)",
      "3: \"topic\" must be a string in quotation marks",
      "3: the room \"A\" is in line 2 already (upper and lower case are equal); remove one of the two",
      "4: this server reads version 1 of the file; write \"version\": 1",
    ]
  ),
  (
    "{\n\"version\": 7, \"rooms\": [\n{\"name\":\"-\"},\n{\"name\":\"a\",}]}",
    [
      "3: the name \"-\" in \"name\" is not valid; \(nameRule)",
      "4: a comma before the closing } is not allowed; remove it",
    ]
  ),
  (
    "{\"rooms\": [{\"name\":\"a\",\"owner\":\"plain:hunter22\",\"created\":\"$1$a$b\"}]}",
    [
      "1: the name (not shown: it may be a password in the wrong place) in \"owner\" is not valid; \(nameRule)",
      "1: the time (not shown: it may be a password in the wrong place) in \"created\" is not valid; write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z, or leave it empty",
    ]
  ),
  ("{\"rooms\": [{\"name\":\"a\",\n\"password\":\"\"}]}", ["1: the password is empty; write null for an open room"]),
  (
    "{\"rooms\": [{\"name\":\"a\",\"password\":\"sesame\"}]}",
    ["1: the password is not a crypt(5) string; write plain: before it, and the server hashes it"]
  ),
  (
    "{\"rooms\": [{\"name\":\"a\",\"created\":\"now\"}]}",
    [
      "1: the time \"now\" in \"created\" is not valid; write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z, or leave it empty"
    ]
  ),
  (
    "{\"rooms\": [{\"name\":\"lobby\",\"owner\":\"a\",\"password\":\"*\",\"banned\":[\"b\"],\"moderators\":[\"c\"]}]}",
    [
      "1: the lobby is open to all and has no owner; remove \"owner\" from it",
      "1: the lobby is open to all and has no owner; remove \"password\" from it",
      "1: the lobby is open to all and has no owner; remove \"moderators\" from it",
      "1: the lobby is open to all and has no owner; remove \"banned\" from it",
    ]
  ),
]

@Test(arguments: errors)
func `errors in rooms.json have their line and what to write`(text: String, errors: [String]) {
  let found = RoomsDocument.read(Array(text.utf8), file: "data/rooms.json").2
  #expect(found.map(\.description) == errors.map { "data/rooms.json:\($0)" })
}

/// An error that a full parse finds has the same line and message here.
@Test(arguments: [
  "{", "{\"rooms\": [\n{\"name\": \"a\"}\n{\"name\": \"b\"}]}", "{\"rooms\": [\n{\"name\": \"a\",}]}",
  "{\"rooms\": [\n\n{\"name\": tru}]}", "{\"rooms\": [{\"name\": \"a\",\n\"name\": \"b\"}]}",
  "{\"rooms\": [],\n\"rooms\": []}", "{\"a\": 1,\n\"\\u0061\": 2, \"rooms\": []}", "{\"rooms\": []}\nx",
  "{\"rooms\": [\n\"a\nb\"]}", "{\"rooms\": [{]}", "{\"a\":\n01,\"rooms\":[]}", "{\"rooms\": [\n,]}", "{'rooms': []}",
])
func `invalid JSON has its line`(text: String) throws {
  let whole = try #require(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
  let found = RoomsDocument.read(Array(text.utf8), file: "f").2
  #expect(found == [FileError(file: "f", line: whole.line, problem: whole.problem)])
}

@Test(arguments: 0..<20 as Range<UInt64>)
func `a random history of rooms reads back as a plain list`(seed: UInt64) throws {
  var random = SeededRandom(seed: seed)
  var document = RoomsDocument()
  var model: [RoomRecord] = []
  for _ in 0..<300 {
    let name = Name("room\(Int.random(in: 0..<30, using: &random))")!
    let index = model.firstIndex { $0.name == name }
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      document.remove(name)
      if let index { model.remove(at: index) }
    case 1: (document, _) = try read(written(document))
    default:
      var room = room(name.text)
      room.topic = CleanText.string(from: random.hostileText())
      if Bool.random(using: &random) { room.owner = Name("alice") }
      if Bool.random(using: &random) { room.muted = [Name("bob")!, Name("Carol")!] }
      document.set(room)
      if let index { model[index] = room } else { model.append(room) }
    }
    if Bool.random(using: &random) {
      document.encodeChanges()
      document.didWrite(change: 0, at: 0)
    }
  }
  #expect(try read(written(document)).1 == model)
}
