import ChatProtocol
import POSIX
import Testing

/// Sharing files with `nc` and a real server, and its `chat-admin` commands.
@Suite struct `Sharing files` {
  private static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  private static func offer(_ client: TestClient) throws -> (id: String, ticket: String, offset: String) {
    var cksum = Cksum()
    cksum.append(bytes.span)
    let told = try client.ask("/offer \(bytes.count) \(cksum.value) plan.pdf").joined(separator: "\n")
    let first = try #require(told.firstMatch(of: /ok offer #(\d+)(?: from byte (\d+) on)?;/), "\(told)")
    let ticket = try #require(told.firstMatch(of: /\/put ([0-9a-f]{32})/), "\(told)")
    return (String(first.1), String(ticket.1), first.2.map(String.init) ?? "0")
  }

  private static func share(_ server: TestServer, _ client: TestClient) throws -> String {
    let (id, ticket, offset) = try offer(client)
    let up = try server.connect()
    try up.send(Array("/put \(ticket)\n".utf8))
    for start in stride(from: Int(offset)!, to: bytes.count, by: 10_000) {
      try up.send(Array(bytes[start..<min(start + 10_000, bytes.count)]))
    }
    #expect(try up.readToEnd().last == "ok put #\(id)")
    return id
  }

  @Test func `the operator lists files and deletes one`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    #expect(try server.admin("files", "list").output.hasSuffix("NAME\nno files\n"))
    let id = try Self.share(server, alice)
    try alice.read(until: "alice shares plan.pdf (100000 bytes) in lobby: /get \(id)")
    let listed = try server.admin("files", "list", "lobby").output
    #expect(listed.contains("  \(id)  lobby  alice  97.6 KiB  ") && listed.hasSuffix("  plan.pdf\n"), "\(listed)")
    let json = try server.admin("files", "list", "--json").output
    #expect(json.hasPrefix(#"{"files":[{"id":\#(id),"room":"lobby","from":"alice","name":"plan.pdf","size":100000,"#))
    #expect(
      try server.admin("files", "delete", id, "--dry-run").output
        == "would delete file \(id) (plan.pdf, 97.6 KiB, from alice in lobby)\n")
    #expect(
      try server.admin("files", "delete", "#\(id)").output
        == "deleted file \(id) (plan.pdf, 97.6 KiB, from alice in lobby)\n")
    #expect(
      try alice.read(until: "stopped sharing").last?.hasSuffix("stopped sharing plan.pdf (#\(id)) in lobby") == true)
    let again = try server.admin("files", "delete", id)
    #expect(again.status == 67 && again.errors.contains("there is no file #\(id)"))
    #expect(try server.admin("files", "list", "nowhere").status == 67)
    #expect(try server.admin("files", "delete", "plan.pdf").status == 64)
    #expect(try server.admin("files", "delete").status == 64)
    #expect(try server.admin(arguments: ["files", "delete"] + (1...401).map { "\($0)" }).status == 64)
    #expect(try server.folder.text("chat.log").contains(#"admin action="files delete" file=\#(id) room=lobby by="#))
    #expect(try server.stop().status == 0)
    #expect(try File.names(inDirectory: "\(server.folder.path)/files") == [])
  }

  private static func fetch(_ server: TestServer, _ client: TestClient, _ id: String) throws {
    let told = try client.ask("/get \(id)").joined(separator: "\n")
    let ticket = try #require(told.firstMatch(of: /\/take ([0-9a-f]{32})/), "\(told)")
    let down = try server.connect()
    try down.send(Array("/take \(ticket.1)\n".utf8))
    // The greeting, a line, and bytes that are not lines.
    _ = try? down.readToEnd()
  }

  @Test func `a log line of an old file hides no later message`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let alice = try server.connect("/register alice correct-horse")
    let old = try Self.share(server, alice)
    for text in ["one", "two", "three"] { _ = try alice.ask(text) }
    let new = try Self.share(server, alice)
    try Self.fetch(server, alice, old)
    let fetched = "file-fetched file=\(old) user=alice offset=0"
    while try !folder.text("chat.log").contains(fetched) { try alice.ask("/ping") }
    try alice.ask("/unsend \(old)")
    _ = try alice.ask("four")
    _ = try alice.ask("/unsend \(new)")
    let messages = try server.admin("messages", "lobby").output
    #expect(messages.matches(of: /alice: (\w+)/).map { $0.1 } == ["one", "two", "three", "four"])
    let whole = try folder.text("chat.log")
    #expect(try whole.hasPrefix(server.admin("log").output))
    #expect(try server.admin("log", "--last", "1").output.contains(" file-removed file=\(new) "))
    let watcher = try Program("chat-admin", ["--data", folder.path, "watch", "--last", "1"])
    #expect(try watcher.readLine()?.contains(#/ file-removed +file=\d+/#) == true)
    _ = try alice.ask("five")
    while let line = try watcher.readLine(), !line.contains("five") {}
    try watcher.send(.interrupt)
    #expect(try watcher.finish().status == 130)
    #expect(try server.stop().status == 0)

    // Only the log, ending with a line in the form of older servers.
    for file in ["state.json", "journal.jsonl", "files.json"] { try? File.unlink("\(folder.path)/\(file)") }
    let log = try folder.text("chat.log")
    try folder.write("chat.log", log + "2026-11-20T12:00:00.000Z file-fetched id=\(old) user=alice offset=0\n")
    let given = log.matches(of: #/ (?:id|file)=(\d+)/#).compactMap { Int($0.1) }
    let second = try TestServer(folder)
    let start = try #require(try folder.text("chat.log").matches(of: #/ start id=(\d+)/#).last)
    #expect(try #require(Int(start.1)) > given.max()!)
    let back = try second.connect("/login alice correct-horse")
    let past = try back.ask("/history lobby").joined(separator: "\n")
    #expect(past.matches(of: /alice: (\w+)/).map { $0.1 } == ["one", "two", "three", "four", "five"])
    #expect(try second.stop().status == 0)
  }

  @Test func `the operator deletes several files or none`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    let ids = [try Self.share(server, alice), try Self.share(server, alice)]
    let words = ids.map { "file \($0) (plan.pdf, 97.6 KiB, from alice in lobby)" }
    let partly = try server.admin("files", "delete", ids[0], "9999")
    #expect(partly.status == 67 && partly.errors.contains("there is no file #9999; none was deleted"))
    #expect(
      try server.admin("files", "delete", ids[0], ids[1], "--dry-run").output
        == "would delete \(words[0])\nwould delete \(words[1])\n")
    #expect(
      try server.admin("files", "delete", ids[1], "#\(ids[0])", ids[1]).output
        == "deleted \(words[1])\ndeleted \(words[0])\n")
    #expect(try server.admin("files", "list", "--json").output == #"{"files":[]}"# + "\n")
    let log = try server.folder.text("chat.log")
    for id in ids { #expect(log.contains(#"admin action="files delete" file=\#(id) room=lobby by="#)) }
    #expect(try server.stop().status == 0)
  }

  @Test func `the operator sees running transfers and stops one`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    let shared = try Self.share(server, alice)
    let (id, ticket, _) = try Self.offer(alice)
    let up = try server.connect()
    try up.send(Array("/put \(ticket)\n".utf8) + Self.bytes.prefix(30_000))
    let part = "\(server.folder.path)/files/\(id).part"
    while try File.statusIfPresent(part)?.size != 30_000 { try alice.ask("/ping") }
    let status = try server.admin("status").output
    #expect(status.contains("\nfiles      1 shared, 1 unfinished; 195.3 KiB of 1.0 GiB\n"), "\(status)")
    #expect(status.contains("\ntransfers  1 up and 0 down, of 8\n"))
    let use =
      #""files":{"shared":1,"unfinished":1,"bytes":200000,"bytes_max":1073741824,"up":1,"down":0,"transfers_max":8}"#
    #expect(try server.admin("status", "--json").output.contains(use))
    #expect(try server.admin("top", "--once").output.contains("  transfers 1\n"))
    #expect(
      try server.admin("users", "info", "alice").output.hasSuffix(
        "\nfiles      195.3 KiB of 256.0 MiB, 1 unfinished\n"))
    let sessions = try server.admin("sessions", "list")
    let rows = sessions.output.matches(of: #/ +([0-9]+)  alice  text    uploading #([0-9]+)  127\.0\.0\.1 /#)
    #expect(rows.map { $0.2 } == [Substring(id)], "\(sessions.output)")
    let number = String(try #require(rows.first).1)
    #expect(
      try server.admin("sessions", "list", "--json").output.contains(
        #""transfer":{"direction":"up","file":\#(id)}}"#))
    let would = try server.admin("sessions", "close", number, "--dry-run").output
    #expect(would.hasPrefix("would close session \(number) of alice"), "\(would)")
    #expect(try server.admin("sessions", "close", number).output.hasPrefix("closed session \(number) of alice;"))
    #expect(try up.readToEnd().last?.hasPrefix("error broken-off: The server has 30000 of 100000 bytes") == true)
    let closed = #"admin action="sessions close" session=\#(number) user=alice"#
    #expect(try server.folder.text("chat.log").contains(closed))
    #expect(try server.admin("sessions", "close", number).status == 67)
    #expect(try !server.admin("sessions", "list").output.contains("uploading"))
    try alice.ask("/unsend \(id)")
    try alice.ask("/unsend \(shared)")
    #expect(try server.admin("status").output.contains("\nfiles      0 shared; 0 B of 1.0 GiB\n"))
    #expect(try server.stop().status == 0)
  }

  @Test func `an upload resumes after the server is killed in the middle`() throws {
    let folder = try TestFolder()
    let first = try TestServer(folder)
    let alice = try first.connect("/register alice correct-horse")
    let kept = try Self.share(first, alice)
    let (id, ticket, _) = try Self.offer(alice)
    let up = try first.connect()
    try up.send(Array("/put \(ticket)\n".utf8) + Self.bytes.prefix(30_000))
    let part = "\(folder.path)/files/\(id).part"
    while try File.statusIfPresent(part)?.size != 30_000 { try alice.ask("/ping") }
    _ = try first.stop(.kill)

    let second = try TestServer(folder)
    let back = try second.connect("/login alice correct-horse")
    let files = try back.ask("/files")
    #expect(files.count == 3 && files[1].hasPrefix("  #\(kept)  "), "\(files)")
    #expect(files.last?.hasPrefix("  #\(id)  unfinished  ") == true, "\(files)")
    let again = try Self.offer(back)
    #expect(again.id == id && again.offset == "30000")
    #expect(try Self.share(second, back) == id)
    #expect(try File.readWhole("\(folder.path)/files/\(id)") == Self.bytes)
    #expect(try Program.run("chat-server", ["--data", folder.path, "--check"]).status == 0)
    #expect(try second.stop().status == 0)
  }
}
