import ChatCore
import ChatProtocol
import TestSupport
import Testing

@testable import ChatStore

private let time = Timestamp("2026-11-20T20:11:02.123Z")!
private let mallory = Restriction(
  .init(.ban, .user(Name("Mallory")!)), since: time, until: time.adding(milliseconds: 60_000), by: "root",
  reason: "spam")
private let network = Restriction(.init(.ban, .addresses(AddressBlock("192.0.2.0/24")!)))
private let bob = Restriction(.init(.mute, .user(Name("bob")!)), since: time, by: "root")

private let full = """
  {
    "version": 1,
    "saved": null,
    "clean": false,
    "id": 0,
    "bans": [
      {
        "user": "Mallory",
        "since": "2026-11-20T20:11:02.123Z",
        "until": "2026-11-20T20:12:02.123Z",
        "by": "root",
        "reason": "spam",
        "ticket": 17
      },
      {"address": "192.0.2.0/24"}
    ],
    "mutes": [
      {
        "user": "bob",
        "since": "2026-11-20T20:11:02.123Z",
        "until": null,
        "by": "root",
        "reason": ""
      }
    ],
    "users": []
  }

  """

private func read(_ text: String) throws -> StateDocument {
  let (document, errors) = StateDocument.read(Array(text.utf8), file: "state.json") { _ in }
  try #require(errors == [])
  return document
}

private func written(_ document: StateDocument) -> String {
  var document = document
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct `Bans and mutes in state.json` {
  @Test func `are read, and keep their text while nothing changes`() throws {
    let document = try read(full)
    #expect(document.restrictions.all == [mallory.key: mallory, network.key: network, bob.key: bob])
    #expect(written(document) == full)
    #expect(!document.isChanged)
  }

  @Test func `a changed list keeps unknown keys, and the other list is not touched`() throws {
    var document = try read(full)
    document.remove(network.key)
    var longer = mallory
    longer.until = nil
    document.set(longer)
    #expect(document.isChanged)
    let expected = full.replacing(",\n    {\"address\": \"192.0.2.0/24\"}", with: "")
      .replacing("\"until\": \"2026-11-20T20:12:02.123Z\"", with: "\"until\": null")
    #expect(written(document) == expected)
    document.encodeChanges()
    document.didWrite(change: 0, at: 0)
    #expect(!document.isChanged)
  }

  @Test func `the first entry adds the list, and the last one leaves it empty`() throws {
    let none = StateDocument()
    #expect(!written(none).contains("bans") && !written(none).contains("mutes"))
    var document = none
    document.set(bob)
    document.set(network)
    let text = written(document)
    #expect(try read(text).restrictions.all == [bob.key: bob, network.key: network])
    document = try read(text)
    document.remove(network.key)
    #expect(written(document).contains("\"bans\": [],\n"))
  }

  @Test func `a change between two writes is written by the second`() throws {
    var document = try read(full)
    document.remove(bob.key)
    document.encodeChanges()
    document.remove(network.key)
    document.didWrite(change: 0, at: 0)
    #expect(document.isChanged)
    #expect(!written(document).contains("192.0.2"))
  }

  @Test(arguments: [
    (#""bans": {}"#, #""bans" must be a list; write entries between [ and ]"#),
    (#""bans": ["alice"]"#, #"a ban must be an object"#),
    (#""bans": [{"reason": "x"}]"#, #"the ban has no subject; write a "user" or an "address""#),
    (#""mutes": [{}]"#, #"the mute has no subject; write a "user""#),
    (
      #""bans": [{"user": "a", "address": "::1"}]"#,
      #"the ban has both a "user" and an "address"; write two entries"#
    ),
    (#""bans": [{"address": "10.0.0"}]"#, #""address" is not valid; write one such as 192.0.2.7"#),
    (#""mutes": [{"address": "10.0.0.1"}]"#, #"an address can be banned, but not muted"#),
    (#""bans": [{"user": "a b"}]"#, #"the name "a b" in "user" is not valid"#),
    (#""bans": [{"user": "a", "until": "tomorrow"}]"#, #"the time "tomorrow" in "until" is not valid"#),
    (#""bans": [{"user": "a"}, {"user": "A"}]"#, #"the ban of "A" is in line 3 already; remove one of the two"#),
    (#""bans": [{"address": "::ffff:10.0.0.1"}, {"address": "10.0.0.1"}]"#, "is in line 3 already"),
    (#""bans": [{"user": "a", "reason": 7}]"#, #""reason" must be a string in quotation marks"#),
  ])
  func `an error has its line`(member: String, problem: String) {
    let text = "{\n\"version\": 1,\n\(member),\n\"users\": []}"
    let (_, errors) = StateDocument.read(Array(text.utf8), file: "state.json") { _ in }
    #expect(errors.map(\.line) == [3])
    #expect(errors.first?.problem.contains(problem) == true, "\(errors)")
  }

  @Test func `control characters are removed`() throws {
    let document = try read(#"{"bans": [{"user": "a", "reason": "x\u001b[2J"}], "users": []}"#)
    #expect(document.restrictions.all.values.map(\.reason) == ["x\u{FFFD}[2J"])
  }
}

/// What a server finds that starts on this `state.json` and journal.
private func loaded(state: String?, _ journal: [UInt8]) throws -> (LoadedData, state: String) {
  let folder = try TemporaryFolder()
  if let state { try folder.write("state.json", state) }
  try folder.write("journal.jsonl", journal)
  let (store, loaded) = try open(folder)
  _ = try store.finish(isClean: true)
  return (loaded, try folder.text("state.json"))
}

@Suite struct `Bans and mutes in the journal` {
  private static let longer = Restriction(mallory.key, since: time, by: "root", reason: "more spam")
  private static let changes = journal([
    .restriction(mallory, was: nil), .restriction(network, was: nil), .restriction(bob, was: nil),
    .restriction(longer, was: mallory), .restrictionRemoved(was: bob),
  ])

  private static func state(_ bans: String, mutes: String = "") -> String {
    #"{"bans":[\#(bans)],"mutes":[\#(mutes)],"users":[]}"#
  }

  private static let typed =
    #"{"user":"mallory","since":"2026-11-20T20:11:02.123Z","until":"2026-11-20T20:12:02.123Z","by":"root","reason":"spam"}"#
    .replacing("mallory", with: "Mallory")

  @Test(arguments: [
    nil, state(""), state(typed), state(typed + #",{"address":"192.0.2.0/24"}"#, mutes: #"{"user":"bob"}"#),
  ])
  func `are replayed from any state of the file`(state: String?) throws {
    let journal = state?.contains("mutes\":[{") == true ? Self.withoutBob : Self.changes
    let (loaded, text) = try loaded(state: state, journal)
    let all = Dictionary(uniqueKeysWithValues: loaded.restrictions.map { ($0.key, $0) })
    #expect(all[mallory.key] == Self.longer)
    #expect(all[network.key] == network)
    #expect(text.contains("more spam") && text.contains("192.0.2.0/24"))
    #expect(!text.contains("bob") || state?.contains("bob") == true)
  }

  private static let withoutBob = journal([
    .restriction(mallory, was: nil), .restriction(network, was: nil), .restriction(longer, was: mallory),
  ])

  @Test func `yield to a hand edit after the crash`() throws {
    let (loaded, text) = try loaded(state: Self.state(#"{"user":"mallory","reason":"my own"}"#), Self.withoutBob)
    let all = Dictionary(uniqueKeysWithValues: loaded.restrictions.map { ($0.key, $0) })
    #expect(all[mallory.key]?.reason == "my own" && all[network.key] == network)
    #expect(text.contains("my own"))
    #expect(loaded.notices.contains(.changesDropped(file: "state.json", key: "ban user mallory", changes: 2)))
  }

  @Test func `a user and an address of the same letters differ`() throws {
    let name = Restriction(.init(.ban, .user(Name("10.0.0.1")!)), by: "root")
    let address = Restriction(.init(.ban, .addresses(AddressBlock("10.0.0.1")!)), by: "root")
    let (loaded, _) = try loaded(
      state: nil,
      journal([.restriction(name, was: nil), .restriction(address, was: nil), .restrictionRemoved(was: name)]))
    #expect(loaded.restrictions == [address])
  }

  @Test(arguments: [
    "ban user", "ban user a b", "ban address x", "mute address 10.0.0.1", "kick user a", "ban  user a",
  ])
  func `an invalid key is damage`(key: String) {
    let line = #"{"n":1,"file":"state.json","key":"\#(key)","was":null,"row":null}"#
    #expect(JournalLine.read(Array(line.utf8)) == nil)
    let elsewhere = #"{"n":1,"file":"users.csv","key":"ban user a","was":null,"row":null}"#
    #expect(JournalLine.read(Array(elsewhere.utf8)) == nil)
  }
}
