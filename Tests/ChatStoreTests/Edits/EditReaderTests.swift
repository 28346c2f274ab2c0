import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

@Test func `of errors in very many rows some are reported, and the number of the others`() throws {
  var fixture = try EditFixture()
  try fixture.rename("users.csv", "name,password\n" + (0..<300).map { "user\($0),\n" }.joined())
  fixture.turn()
  let errors = try #require(fixture.scans.all.last).newErrors
  #expect(errors.count == 101 && errors[99].line == 101)
  #expect(errors[100].description.hasSuffix(":102: there are 200 more errors from here on; correct those above first"))
}

@Suite struct `An edit` {
  @Test func `by rename is found at once, and becomes the document`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users.replacing("bob,*", with: "bob,plain:some-secret") + "erin,*,new\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    #expect(
      fixture.scans.all.map(\.edit.accounts) == [
        [
          .init(name: Name("bob")!, was: account("bob"), now: account("bob", password: "plain:some-secret")),
          .init(name: Name("erin")!, was: nil, now: account("erin")),
        ]
      ])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text)
    #expect(try File.status(fixture.folder.folder.users).mode == 0o600)
  }

  @Test func `is found by the last save if the system cannot watch the folder`() throws {
    var fixture = try EditFixture(asksSystem: false)
    try fixture.append("users.csv", "erin,*,\n")
    #expect(fixture.reader.settle(&fixture.writer.documents).count == 1)
    _ = fixture.writer.save(isClean: true)
    #expect(try fixture.folder.text("users.csv").contains("erin"))
  }

  @Test func `that appends a row is found at once`() throws {
    var fixture = try EditFixture()
    try fixture.append("users.csv", "erin,*\n")
    fixture.turn()
    #expect(fixture.scans.all.map(\.edit.accounts) == [[.init(name: Name("erin")!, was: nil, now: account("erin"))]])
  }

  @Test func `that is half written is not applied until it is complete`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users + "erin,*,\n"
    let file = try File.open(fixture.folder.folder.users, [.writeOnly, .truncate])
    fixture.turn()
    try file.writeAll("name,password,note\nalice,*,first\nbob")
    fixture.turn()
    fixture.pass(milliseconds: 499)
    fixture.turn()
    #expect(fixture.scans.all.isEmpty)
    try file.writeAll(String(text.dropFirst("name,password,note\nalice,*,first\nbob".count)))
    fixture.turn()
    fixture.pass(milliseconds: 499)
    fixture.turn()
    #expect(fixture.scans.all.isEmpty)
    // A file that stays open is read once it has not changed for a while.
    fixture.pass(milliseconds: 1)
    fixture.turn()
    #expect(fixture.scans.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
    withExtendedLifetime(file.rawValue) {}
  }

  @Test func `that pauses within or between rows waits for the program that has the file open`() throws {
    for (text, rest, names) in [
      (EditFixture.users + "erin,plain:long-secret", "-and-more\n", ["erin"]),
      (EditFixture.users.split(separator: "\n").dropLast().map { "\($0)\n" }.joined(), "erin,*,\n", ["erin"]),
    ] {
      var fixture = try EditFixture()
      do {
        let file = try File.open(fixture.folder.folder.users, [.writeOnly, .truncate])
        try file.writeAll(text)
        for _ in 1...4 {
          fixture.turn()
          fixture.pass(milliseconds: 500)
        }
        fixture.turn()
        #expect(fixture.scans.all.isEmpty)
        try file.writeAll(rest)
      }
      fixture.turn()
      let added = fixture.scans.all.flatMap(\.edit.accounts).filter { $0.now != nil }
      #expect(added.map(\.name.text) == names)
      #expect(added.first?.now?.password.hasSuffix("long-secret") != true)
    }
  }

  @Test func `is applied once its writer has closed it`() throws {
    var fixture = try EditFixture()
    do {
      let file = try File.open(fixture.folder.folder.users, [.writeOnly, .truncate])
      try file.writeAll("name,password,note\nalice,*,first\n")
      fixture.turn()
      try file.writeAll("bob,*,\ncarol,*,\ndave,*,\nerin,*,\n")
      fixture.turn()
      #expect(fixture.scans.all.isEmpty)
    }
    fixture.turn()
    #expect(fixture.scans.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
  }

  @Test func `cannot be a missing or empty file`() throws {
    var fixture = try EditFixture()
    try fixture.folder.write("users.csv", "")
    fixture.turn()
    fixture.pass(milliseconds: 5000)
    fixture.turn()
    try File.unlink(fixture.folder.folder.users)
    fixture.turn()
    fixture.pass(milliseconds: 5000)
    fixture.turn()
    #expect(fixture.scans.all.isEmpty)
    try fixture.folder.write("users.csv", EditFixture.users + "erin,*,\n")
    fixture.turn()
    fixture.pass(milliseconds: 500)
    fixture.turn()
    #expect(fixture.scans.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
  }

  @Test func `that changes no row is applied without a report, and its bytes stay`() throws {
    var fixture = try EditFixture()
    let text =
      "\u{FEFF}"
      + EditFixture.users.split(separator: "\n").map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map { "\"\($0)\"" }.joined(separator: ",") + "\r\n"
      }.joined()
    try fixture.folder.write("users.csv", text)
    fixture.turn()
    #expect(fixture.scans.all.isEmpty)
    #expect(!fixture.writer.documents.users.needsWrite)
    // The server's row is written in the new form of the file.
    fixture.writer.documents.apply([.account(account("erin"), was: nil)], at: 0)
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text + "erin,*,\r\n")
  }

  @Test func `with an error is reported once, and the file is not written until it is corrected`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users + "al ice,*,\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    let scan = try #require(fixture.scans.all.last)
    #expect(scan.newErrors.map(\.line) == [6])
    #expect(scan.errors == scan.newErrors && scan.edit.faults == scan.errors.map(\.description))
    #expect(!scan.concernsCore)
    fixture.writer.documents.apply([.account(account("erin"), was: nil)], at: 0)
    fixture.write()
    #expect(try fixture.writer.save(isClean: false).get().notices == [.writeBlocked(file: "users.csv")])
    #expect(try fixture.folder.text("users.csv") == text)
    // A requested reload reports the error again, but not as new.
    fixture.reader.ask(ControlID(3), force: false)
    fixture.turn()
    let asked = try #require(fixture.scans.all.last)
    #expect(asked.newErrors == [] && asked.edit.askedBy == [ControlID(3)] && asked.edit.faults == scan.edit.faults)
    // The file is corrected in place: the server's pending row is added to it.
    try fixture.folder.write("users.csv", EditFixture.users + "ali,*,\n")
    fixture.turn()
    #expect(fixture.scans.all.last?.errors == [])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users + "ali,*,\nerin,*,\n")
  }

  @Test func `that drops more than half is an error without force`() throws {
    var fixture = try EditFixture()
    let text = "name,password,note\nalice,*,first\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    let error = try #require(fixture.scans.all.last?.newErrors.first)
    #expect(error.problem.contains("3 of 4 entries are gone") && error.problem.contains("reload --force"))
    fixture.reader.ask(nil, force: false)
    fixture.turn()
    // The scan was requested by a signal, and reports no new error.
    #expect(fixture.scans.all.count == 2)
    let second = try #require(fixture.scans.all.last)
    #expect(second.wasAsked && second.newErrors == [] && !second.concernsCore)
    fixture.reader.ask(ControlID(1), force: true)
    fixture.turn()
    let scan = try #require(fixture.scans.all.last)
    #expect(scan.edit.accounts.map(\.name.text) == ["bob", "carol", "dave"])
    #expect(scan.edit.accounts.allSatisfy { $0.now == nil } && scan.errors == [])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text)
  }

  @Test(arguments: [
    "name,password,note\nalice,*,first\nbob,*,\n", "name,password,note\nalice,*,first\ncarol,*,\ndave,*,\n",
  ])
  func `may drop half`(text: String) throws {
    var fixture = try EditFixture()
    try fixture.rename("users.csv", text)
    fixture.turn()
    #expect(fixture.scans.all.last?.newErrors == [])
  }

  @Test func `of rooms keeps unknown keys and the order through later writes`() throws {
    var fixture = try EditFixture()
    let text = #"{"owner":"me","rooms":[{"name":"hall","size":7},{"colour":"blue","name":"den"},{"name":"attic"}]}"#
    try fixture.rename("rooms.json", text)
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.rooms.map(\.name.text) == ["attic"])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("rooms.json") == text)
    let hall = RoomRecord(name: Name("hall")!, topic: "wide")
    fixture.writer.documents.apply([.room(hall, was: RoomRecord(name: Name("hall")!))], at: 0)
    fixture.write()
    let written = try fixture.folder.text("rooms.json")
    #expect(written.contains("{\n      \"name\": \"hall\",\n      \"size\": 7,\n      \"topic\": \"wide\""))
    let words = written.split { " ,:{}[]\n\"".contains($0) }.filter { ["owner", "hall", "blue", "attic"].contains($0) }
    #expect(words == ["owner", "hall", "blue", "attic"])
    #expect(written.contains(#"{"colour":"blue","name":"den"}"#))
  }

  @Test func `of the settings is found, with those that need a restart`() throws {
    var fixture = try EditFixture(settings: "{}")
    try fixture.rename("settings.json", #"{"rooms": 5, "port": 7000}"#)
    fixture.turn()
    let edit = try #require(fixture.scans.all.last?.edit)
    #expect(edit.settings?.rooms == 5 && edit.settingsForRestart == ["port"])
    let certificate = #"{"rooms": 5, "port": 7000, "tls_certificate": "a", "tls_key": "b", "proxies": ["::1"]}"#
    try fixture.rename("settings.json", certificate)
    fixture.turn()
    let second = try #require(fixture.scans.all.last?.edit)
    #expect(second.settings?.proxies.map(\.description) == ["::1"])
    #expect(second.settingsForRestart == ["tls_certificate", "tls_key"])
    try fixture.rename("settings.json", "{\n\"room\": 5}")
    fixture.turn()
    #expect(fixture.scans.all.last?.newErrors.map(\.line) == [2])
    try fixture.rename("settings.json", "{}")
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.settings == Settings())
    #expect(fixture.scans.all.last?.errors == [])
  }

  @Test func `of the message of the day is found, cleaned and bounded`() throws {
    var fixture = try EditFixture(motd: "one\n")
    func motd() -> [String]? { fixture.scans.all.last?.edit.motd }
    #expect(fixture.scans.all.isEmpty && fixture.reader.motdText == Array("one\n".utf8))
    try fixture.rename("motd.txt", "\u{FEFF}red \u{1B}[31m\r\n\ntwo\ttabs\n \n")
    fixture.turn()
    #expect(motd() == ["red \u{FFFD}[31m", "", "two tabs"])
    let count = fixture.scans.all.count
    for faulty in [String(repeating: "x\n", count: 41), String(repeating: "x", count: 8193)] {
      try fixture.rename("motd.txt", faulty)
      fixture.turn()
      #expect(fixture.scans.all.last?.newErrors.map(\.line) == [faulty.count == 82 ? 41 : 1] && motd() == nil)
      #expect(fixture.reader.errors(in: fixture.writer.documents).count == 1)
    }
    #expect(fixture.scans.all.count == count + 2 && fixture.reader.motdText?.isEmpty == false)
    try File.unlink("\(fixture.folder.path)/motd.txt")
    fixture.reader.ask(nil, force: false)
    fixture.turn()
    #expect(motd() == [] && fixture.reader.motdText == nil && fixture.scans.all.last?.errors == [])
  }

  @Test func `waits while the core has another`() throws {
    var fixture = try EditFixture()
    try fixture.append("users.csv", "erin,*\n")
    fixture.turn()
    try fixture.append("users.csv", "frank,*\n")
    fixture.turn()
    #expect(fixture.scans.all.count == 1)
    #expect(fixture.reader.dueNanoseconds(fixture.writer.documents) == nil)
    try fixture.confirm()
    fixture.turn()
    #expect(fixture.scans.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"], ["frank"]])
  }
}
