import JSON
import POSIX
import Testing

/// Files written by hand while the server was down.
@Suite struct HandEditTests {
  @Test func `a malformed file stops the start with its line and what to do, and is unchanged`() throws {
    let folder = try TestFolder()
    try folder.write("users.csv", "name,password\nalice,plain:correct-horse\nbob,\n")
    let before = try folder.picture()
    let end = try Program.run("chat-server", ["--data", folder.path, "--port", "0"])
    #expect(end.status == 65 && end.output.isEmpty)
    let expected =
      "\(folder.path)/users.csv:3: the password is empty; "
      + "write plain:SECRET with a secret of at least 8 bytes, or * to lock\n"
    #expect(end.errors == expected)
    let after = try folder.picture()
    #expect(after.files["users.csv"] == before.files["users.csv"])
    #expect(after.statuses["users.csv"] == before.statuses["users.csv"])
    #expect(Set(after.files.keys).subtracting(["lock"]) == ["users.csv"])
  }

  @Test func `a check reports all errors at once and changes nothing`() throws {
    let folder = try TestFolder()
    try folder.write(
      "users.csv", "name,password,role\nalice,plain:short,user\n,*,user\nbob,*,boss\ncarol,*,\nCAROL,*,\n")
    try folder.write("rooms.json", "{\n  \"rooms\": [\n    {\"name\": \"den\"},\n    {\"name\": \"a b\"}\n  ]\n}\n")
    try folder.write("settings.json", "{\n  \"prot\": 7777\n}\n")
    let before = try folder.picture()
    let end = try Program.run("chat-server", ["--data", folder.path, "--check"])
    #expect(end.status == 65 && end.errors.isEmpty)
    let places = end.output.split(separator: "\n").map { $0.split(separator: ": ")[0].split(separator: "/").last ?? "" }
    #expect(
      places == ["settings.json:2", "users.csv:2", "users.csv:3", "users.csv:4", "users.csv:6", "rooms.json:4"])
    #expect(!end.output.contains("short,"))
    #expect(try folder.picture() == before)

    try folder.write("users.csv", "name,password\n")
    try folder.write("rooms.json", "{\"rooms\": []}")
    try folder.write("settings.json", "{}")
    let clean = try Program.run("chat-server", ["--data", folder.path, "--check"])
    #expect(clean.status == 0 && clean.output == "\(folder.path): no errors\n")
  }

  @Test func `rows typed by hand work at once, and their passwords are hashed in place`() throws {
    let folder = try TestFolder()
    // As a spreadsheet saves it: a byte-order mark, CR LF, quotes, another order of columns and an extra one.
    try folder.write(
      "users.csv",
      "\u{FEFF}note,name,role,password\r\n\"likes tea, and cake\",dave,operator,plain:correct-horse\r\n\"\",\"erin\",,*\r\n"
    )
    try folder.write(
      "rooms.json", "{\"rooms\": [{\"name\": \"den\", \"password\": \"plain:sesame-open\", \"colour\": \"red\"}]}\n")
    let server = try TestServer(folder)
    let dave = try server.connect()
    #expect(try dave.ask("/login dave correct-horse").contains { $0.hasPrefix("ok login you are dave, an operator") })
    // He disconnects first, so that frank does not see him leave between two replies.
    try dave.quit()
    let frank = try server.connect("/guest frank")
    #expect(try frank.ask("/join den sesame-open").first == "ok join den, now your current room")
    let erin = try server.connect()
    #expect(try erin.ask("/login erin correct-horse").last?.hasPrefix("error wrong-password: ") == true)

    // Hashed after the waiting logins, and written by the next save.
    while try server.folder.text("users.csv").contains("plain:") || folder.text("rooms.json").contains("plain:") {
      #expect(try server.admin("save").status == 0)
    }
    #expect(try server.stop().status == 0)
    #expect(
      masked(try folder.text("users.csv"))
        == "\u{FEFF}note,name,role,password\r\n\"likes tea, and cake\",dave,operator,HASH\r\n\"\",\"erin\",,*\r\n")
    #expect(masked(try folder.text("rooms.json")).contains(#""password": "HASH""#))
    #expect(try folder.text("rooms.json").contains(#""colour": "red""#))
    let next = try TestServer(folder)
    try next.connect("/login dave correct-horse").quit()
    #expect(try next.connect("/guest frank").ask("/join den sesame-open").first == "ok join den, now your current room")
    #expect(try next.stop().status == 0)
    try checkSecrecy(of: ["correct-horse", "sesame-open"], in: server, next)
  }

  @Test(arguments: [false, true])
  func `a reload reports the whole of a long edit`(json: Bool) throws {
    let count = 3000
    let folder = try TestFolder()
    try folder.write("users.csv", "name,password\n" + (0..<count).map { "user\($0),*\n" }.joined())
    let server = try TestServer(folder)
    // A removal of this size is applied only with force.
    try folder.write("users.csv", "name,password\n")
    let end = try server.admin(arguments: (json ? ["--json"] : []) + ["reload", "--force"])
    #expect(end.status == 0 && end.errors.isEmpty)
    let lines = end.output.split(separator: "\n")
    if json {
      let reloaded = try #require(try JSONValue(parsing: Array(lines[0].utf8))["reloaded"])
      let users = reloaded["changes"]?.array?.compactMap { $0["user"]?.string } ?? []
      #expect(Set(users).count == count && users.count == count)
      #expect(reloaded["faults"]?.array == [] && reloaded["settings_for_restart"]?.array == [])
      #expect(lines.count == 1)
    } else {
      #expect(lines.count == count + 1)
      #expect(
        lines[0].hasPrefix(
          "users.csv: user0 removed; to undo this, put back the entry from \(folder.path)/users.csv.removed-"))
      #expect(lines[count] == "\(count) changes applied")
    }
    #expect(try server.admin("users", "list").output.hasSuffix("no users\n"))
    #expect(try server.stop().status == 0)
  }

  /// Neither the clients' output nor the log contains these or a hash.
  private func checkSecrecy(of secrets: [String], in servers: TestServer...) throws {
    for text in servers.map(\.told.text) + [try servers[0].folder.text("chat.log")] {
      for secret in secrets + ["$y$", "plain:"] { #expect(!text.contains(secret)) }
    }
  }
}
