import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

@Test func `errors in very many rows are told as some and a number`() throws {
  var fixture = try EditFixture()
  try fixture.rename("users.csv", "name,password\n" + (0..<300).map { "user\($0),\n" }.joined())
  fixture.turn()
  let errors = try #require(fixture.looks.all.last).newErrors
  #expect(errors.count == 101 && errors[99].line == 101)
  #expect(errors[100].description.hasSuffix(":102: from here on there are 200 more errors; repair those above first"))
}

@Suite struct `An edit` {
  @Test func `by rename is found at once and becomes the file`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users.replacing("bob,*", with: "bob,plain:some-secret") + "erin,*,new\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    #expect(
      fixture.looks.all.map(\.edit.accounts) == [
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

  @Test func `is found by the last save where the system cannot watch`() throws {
    var fixture = try EditFixture(asksSystem: false)
    try fixture.append("users.csv", "erin,*,\n")
    #expect(fixture.desk.settle(&fixture.writer.documents).count == 1)
    _ = fixture.writer.save(isClean: true)
    #expect(try fixture.folder.text("users.csv").contains("erin"))
  }

  @Test func `that appends a row is found at once`() throws {
    var fixture = try EditFixture()
    try fixture.append("users.csv", "erin,*\n")
    fixture.turn()
    #expect(fixture.looks.all.map(\.edit.accounts) == [[.init(name: Name("erin")!, was: nil, now: account("erin"))]])
  }

  @Test func `that is half written is not taken over until it is whole`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users + "erin,*,\n"
    let file = try File.open(fixture.folder.folder.users, [.writeOnly, .truncate])
    fixture.turn()
    try file.writeAll("name,password,note\nalice,*,first\nbob")
    fixture.turn()
    fixture.pass(milliseconds: 499)
    fixture.turn()
    #expect(fixture.looks.all.isEmpty)
    try file.writeAll(String(text.dropFirst("name,password,note\nalice,*,first\nbob".count)))
    fixture.turn()
    fixture.pass(milliseconds: 499)
    fixture.turn()
    #expect(fixture.looks.all.isEmpty)
    // Whoever keeps the file open is waited for until it is still.
    fixture.pass(milliseconds: 1)
    fixture.turn()
    #expect(fixture.looks.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
    withExtendedLifetime(file.rawValue) {}
  }

  @Test func `that pauses in the middle of a row or between rows is left to whoever has the file open`() throws {
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
        #expect(fixture.looks.all.isEmpty)
        try file.writeAll(rest)
      }
      fixture.turn()
      let added = fixture.looks.all.flatMap(\.edit.accounts).filter { $0.now != nil }
      #expect(added.map(\.name.text) == names)
      #expect(added.first?.now?.password.hasSuffix("long-secret") != true)
    }
  }

  @Test func `is taken over once its writer has closed it`() throws {
    var fixture = try EditFixture()
    do {
      let file = try File.open(fixture.folder.folder.users, [.writeOnly, .truncate])
      try file.writeAll("name,password,note\nalice,*,first\n")
      fixture.turn()
      try file.writeAll("bob,*,\ncarol,*,\ndave,*,\nerin,*,\n")
      fixture.turn()
      #expect(fixture.looks.all.isEmpty)
    }
    fixture.turn()
    #expect(fixture.looks.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
  }

  @Test func `is never a file that is missing or empty`() throws {
    var fixture = try EditFixture()
    try fixture.folder.write("users.csv", "")
    fixture.turn()
    fixture.pass(milliseconds: 5000)
    fixture.turn()
    try File.unlink(fixture.folder.folder.users)
    fixture.turn()
    fixture.pass(milliseconds: 5000)
    fixture.turn()
    #expect(fixture.looks.all.isEmpty)
    try fixture.folder.write("users.csv", EditFixture.users + "erin,*,\n")
    fixture.turn()
    fixture.pass(milliseconds: 500)
    fixture.turn()
    #expect(fixture.looks.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"]])
  }

  @Test func `that changes no row is taken over without a word, and its bytes stay`() throws {
    var fixture = try EditFixture()
    let text =
      "\u{FEFF}"
      + EditFixture.users.split(separator: "\n").map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map { "\"\($0)\"" }.joined(separator: ",") + "\r\n"
      }.joined()
    try fixture.folder.write("users.csv", text)
    fixture.turn()
    #expect(fixture.looks.all.isEmpty)
    #expect(!fixture.writer.documents.users.needsWrite)
    // A row of ours is written the way the file is now.
    fixture.writer.documents.apply([.account(account("erin"), was: nil)], at: 0)
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text + "erin,*,\r\n")
  }

  @Test func `with an error is told once with its line, and the file is left alone until it is repaired`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users + "al ice,*,\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    let look = try #require(fixture.looks.all.last)
    #expect(look.newErrors.map(\.line) == [6])
    #expect(look.errors == look.newErrors && look.edit.faults == look.errors.map(\.description))
    #expect(!look.concernsCore)
    fixture.writer.documents.apply([.account(account("erin"), was: nil)], at: 0)
    fixture.write()
    #expect(try fixture.writer.save(isClean: false).get().notices == [.writeBlocked(file: "users.csv")])
    #expect(try fixture.folder.text("users.csv") == text)
    // Somebody asks: the error is told again to them, but is no news.
    fixture.desk.ask(ControlID(3), force: false)
    fixture.turn()
    let asked = try #require(fixture.looks.all.last)
    #expect(asked.newErrors == [] && asked.edit.askedBy == [ControlID(3)] && asked.edit.faults == look.edit.faults)
    // Mended in place: what the server had to write all the while is added to it.
    try fixture.folder.write("users.csv", EditFixture.users + "ali,*,\n")
    fixture.turn()
    #expect(fixture.looks.all.last?.errors == [])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users + "ali,*,\nerin,*,\n")
  }

  @Test func `that drops more than half is an error until somebody insists`() throws {
    var fixture = try EditFixture()
    let text = "name,password,note\nalice,*,first\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    let error = try #require(fixture.looks.all.last?.newErrors.first)
    #expect(error.problem.contains("3 of 4 entries are gone") && error.problem.contains("reload --force"))
    fixture.desk.ask(nil, force: false)
    fixture.turn()
    // Whoever asked, a signal, hears that somebody looked, and no news.
    #expect(fixture.looks.all.count == 2)
    let second = try #require(fixture.looks.all.last)
    #expect(second.wasAsked && second.newErrors == [] && !second.concernsCore)
    fixture.desk.ask(ControlID(1), force: true)
    fixture.turn()
    let look = try #require(fixture.looks.all.last)
    #expect(look.edit.accounts.map(\.name.text) == ["bob", "carol", "dave"])
    #expect(look.edit.accounts.allSatisfy { $0.now == nil } && look.errors == [])
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
    #expect(fixture.looks.all.last?.newErrors == [])
  }

  @Test func `of rooms keeps unknown keys and the order through later writes`() throws {
    var fixture = try EditFixture()
    let text = #"{"owner":"me","rooms":[{"name":"hall","size":7},{"colour":"blue","name":"den"},{"name":"attic"}]}"#
    try fixture.rename("rooms.json", text)
    fixture.turn()
    #expect(fixture.looks.all.last?.edit.rooms.map(\.name.text) == ["attic"])
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

  @Test func `of the settings is found, and what waits for a restart is named`() throws {
    var fixture = try EditFixture(settings: "{}")
    try fixture.rename("settings.json", #"{"rooms": 5, "port": 7000}"#)
    fixture.turn()
    let edit = try #require(fixture.looks.all.last?.edit)
    #expect(edit.settings?.rooms == 5 && edit.settingsForRestart == ["port"])
    try fixture.rename("settings.json", "{\n\"room\": 5}")
    fixture.turn()
    #expect(fixture.looks.all.last?.newErrors.map(\.line) == [2])
    try fixture.rename("settings.json", "{}")
    fixture.turn()
    #expect(fixture.looks.all.last?.edit.settings == Settings())
    #expect(fixture.looks.all.last?.errors == [])
  }

  @Test func `waits while another is on its way to the core`() throws {
    var fixture = try EditFixture()
    try fixture.append("users.csv", "erin,*\n")
    fixture.turn()
    try fixture.append("users.csv", "frank,*\n")
    fixture.turn()
    #expect(fixture.looks.all.count == 1)
    #expect(fixture.desk.dueNanoseconds(fixture.writer.documents) == nil)
    try fixture.confirm()
    fixture.turn()
    #expect(fixture.looks.all.map { $0.edit.accounts.map(\.name.text) } == [["erin"], ["frank"]])
  }
}
