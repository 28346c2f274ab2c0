import Foundation
import POSIX
import Testing

/// `chat-admin backup` and `restore`, the built programs with each other and with the system's tar.
@Suite struct BackupTests {
  /// A folder for backups, beside the data folders of a test.
  private final class Place {
    let path: String

    init() throws {
      path = "/tmp/chat-backups-\(CurrentProcess.id)-\(Random.bytes(6).map { String($0, radix: 16) }.joined())"
      try File.makeDirectory(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    func names() throws -> [String] { try File.names(inDirectory: path) }
  }

  private func restore(_ file: String, to folder: String, _ more: String...) throws -> Program.End {
    try Program.run("chat-admin", ["--data", folder, "restore", file] + more)
  }

  /// A server with messages, an older piece of its log and a shared file.
  private func eventfulServer() throws -> TestServer {
    let folder = try TestFolder()
    try folder.write("settings.json", #"{"commands_per_second": 0, "file_days": 0}"#)
    try folder.write("chat.log.1", "2026-11-19T20:11:02.123Z message id=3 room=lobby from=zoe text=\"long ago\"\n")
    try folder.write("chat.log.2.gz", "not really")
    try File.makeDirectory("\(folder.path)/files")
    try folder.write("files/7", "shared")
    try folder.write(
      "files.json",
      """
      {"files":[{"id":7,"room":"lobby","from":"alice","name":"plan.pdf","size":6,"cksum":3167380741,
      "shared":"2026-11-20T20:11:02.123Z"}]}
      """)
    try folder.write("files/8.part", "half")
    let server = try TestServer(folder)
    let alice = try server.connect("/register alice correct-horse alice@example.org")
    _ = try server.connect("/register bob correct-horse").quit()
    try alice.ask("/create den --open")
    try alice.ask("/topic tea & talk")
    try alice.ask("hello, world")
    try alice.ask("/msg bob are you there?")
    try alice.quit()
    return server
  }

  private func remove(_ server: TestServer) {
    try? FileManager.default.removeItem(atPath: "\(server.folder.path)/files")
  }

  @Test func `a restored server has the data of the original one`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let file = place.file("chat.tar")
    let saved = try server.admin("backup", file)
    #expect(saved.status == 0 && saved.errors.isEmpty)
    let size = /[0-9.]+ (B|KiB)/
    #expect(
      saved.output.replacing(size, with: "SIZE").replacing(#/ +SIZE/#, with: " SIZE") == """
        saved 10 files (SIZE) to \(file) and verified them:
        FILE SIZE
        settings.json SIZE
        users.csv SIZE
        rooms.json SIZE
        state.json SIZE
        files.json SIZE
        chat.log.2.gz SIZE
        chat.log.1 SIZE
        chat.log SIZE
        private.log SIZE
        1 shared file SIZE

        """)
    #expect(try File.status(file).mode == 0o600)
    #expect(try place.names() == ["chat.tar"])
    // Later changes are not in the backup.
    let late = try server.connect("/register carol correct-horse")
    try late.ask("too late")
    #expect(try server.stop().status == 0)

    let restored = "\(place.path)/restored"
    let end = try restore(file, to: restored)
    #expect(end.status == 0 && end.errors.isEmpty)
    #expect(
      end.output.contains(/^restored 10 files \([0-9.]+ KiB\) to .+\/restored, as of \d{4}-\d\d-\d\dT[0-9:.]+Z:\nFILE/))
    #expect(end.output.hasSuffix("\nstart the server with: chat-server --data \(restored)\n"))
    #expect(try File.status(restored).mode == 0o700)
    for name in try File.names(inDirectory: restored) where name != "files" {
      #expect(try File.status("\(restored)/\(name)").mode == 0o600, "\(name)")
    }
    #expect(try File.readWhole("\(restored)/files/7") == Array("shared".utf8))
    #expect(try File.names(inDirectory: "\(restored)/files") == ["7"])
    #expect(!(try File.names(inDirectory: restored)).contains("journal.jsonl"))

    let again = try Program("chat-server", ["--data", restored, "--port", "0"])
    let ready = try #require(try again.readLine())
    let port = try #require(ready.firstMatch(of: /:(\d+),/).flatMap { UInt16($0.1) })
    let bob = try TestClient(port: port, TestServer.Told())
    #expect(try bob.ask("/login bob correct-horse").contains { $0.contains("are you there?") })
    #expect(try bob.ask("/join den").contains { $0.contains("topic: tea & talk") })
    #expect(try bob.ask("/history den").contains { $0.hasSuffix("alice: hello, world") })
    #expect(try bob.ask("/history lobby").contains { $0.hasSuffix("zoe: long ago") })
    #expect(try bob.ask("/history lobby").allSatisfy { !$0.contains("too late") })
    let carol = try TestClient(port: port, TestServer.Told())
    #expect(try carol.ask("/login carol correct-horse").contains { $0.hasPrefix("error ") })
    try again.send(.interrupt)
    #expect(try again.finish().status == 0)
    // It started as after a clean stop, without warnings.
    let log = String(decoding: try File.readWhole("\(restored)/chat.log"), as: UTF8.self)
    let later = try #require(log.firstRange(of: " admin action=backup by="))
    #expect(!log[later.upperBound...].contains(" warning "), "\(log)")
  }

  @Test func `backup and restore report the same as JSON, and the checksums are those of cksum`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let saved = try server.admin("--json", "backup", place.file("chat.tar"))
    let files =
      #/"time":"[^"]+","server":"0\.1\.0","bytes":\d+,"files":\[(\{"name":"[^"]+","size":\d+,"cksum":\d+\},?){10}\]/#
    #expect(saved.output.wholeMatch(of: #/\{"backup":\{"file":".+chat\.tar",.+\}\}\n/#) != nil)
    #expect(saved.output.contains(files))
    let restored = try restore(place.file("chat.tar"), to: "\(place.path)/restored", "--json")
    #expect(restored.output.wholeMatch(of: #/\{"restored":\{"folder":".+restored","checked":true,.+\}\}\n/#) != nil)
    let told = try #require(saved.output.firstMatch(of: files)).0
    #expect(restored.output.contains(told))
    for match in told.matches(of: #/"name":"([^"]+)","size":(\d+),"cksum":(\d+)/#) {
      let path = "\(place.path)/restored/\(match.1)"
      #expect(try Program.run("/usr/bin/cksum", [path]).output == "\(match.3) \(match.2) \(path)\n")
    }
  }

  @Test(.enabled(if: (try? File.status("/usr/bin/tar")) != nil || (try? File.status("/bin/tar")) != nil, "needs tar"))
  func `the system's tar unpacks a backup to the same files as restore`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let tar = try File.statusIfPresent("/usr/bin/tar") == nil ? "/bin/tar" : "/usr/bin/tar"
    #expect(try server.admin("backup", place.file("chat.tar")).status == 0)
    #expect(try restore(place.file("chat.tar"), to: "\(place.path)/restored").status == 0)
    try File.makeDirectory("\(place.path)/unpacked")
    let end = try Program.run(tar, ["-xpvf", place.file("chat.tar"), "-C", "\(place.path)/unpacked"])
    #expect(end.status == 0 && end.errors.isEmpty)
    let names = end.output.split(separator: "\n").map(String.init)
    #expect(names.first == "chat-backup.json" && names.last == "chat-backup.cksum")
    for name in names.dropFirst().dropLast() {
      #expect(try File.readWhole("\(place.path)/unpacked/\(name)") == File.readWhole("\(place.path)/restored/\(name)"))
      #expect(try File.status("\(place.path)/unpacked/\(name)").mode == 0o600)
    }
    // With nc instead of chat-admin: the reply's line, and then the archive.
    let socket = try Socket.connectUnix(path: "\(server.folder.path)/control.sock")
    _ = try socket.send(Array(#"{"id":7,"verb":"backup"}"#.utf8) + [10])
    var bytes: [UInt8] = []
    while let more = try socket.receive(upTo: 1 << 16), !more.isEmpty { bytes += more }
    let end7 = try #require(bytes.firstIndex(of: 10))
    #expect(String(decoding: bytes[..<end7], as: UTF8.self).contains(/^\{"id":7,"ok":\{"backup":\{"bytes":\d+\}\}\}$/))
    try File.open(place.file("raw.tar"), [.writeOnly, .create]).writeAll(bytes[(end7 + 1)...])
    #expect(try Program.run(tar, ["-tf", place.file("raw.tar")]).output == end.output)
  }

  @Test func `a backup through standard output restores like any other`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let shell =
      "'\(Program.path(of: "chat-admin"))' --data '\(server.folder.path)' backup - > '\(place.file("piped.tar"))'"
    #expect(try Program.run("/bin/sh", ["-c", shell]).status == 0)
    #expect(try restore(place.file("piped.tar"), to: "\(place.path)/restored").status == 0)
    let json = try server.admin("backup", "-", "--json")
    #expect(json.status == 64 && json.output.isEmpty)
  }

  @Test func `a backup overwrites no file, and a failed one leaves none`() throws {
    let (server, place) = (try TestServer(TestFolder()), try Place())
    let file = place.file("chat.tar")
    try File.open(file, [.writeOnly, .create]).writeAll("mine")
    let taken = try server.admin("backup", file)
    #expect(taken.status == 73 && taken.output.isEmpty)
    #expect(
      taken.errors == "chat-admin: \(file) already exists and is not overwritten; name another file\n")
    #expect(try File.readWhole(file) == Array("mine".utf8))

    try File.open(place.file("other.tar.part"), [.writeOnly, .create]).writeAll("mine")
    let unfinished = try server.admin("backup", place.file("other.tar"))
    #expect(
      unfinished.status == 73 && unfinished.errors.contains("another backup is running, or one was interrupted"))
    #expect(try File.readWhole(place.file("other.tar.part")) == Array("mine".utf8))

    #expect(try server.admin("backup", place.file("none/chat.tar")).status == 73)
    // A write to /dev/full gives the error of a full disk.
    let limited = try Program.run(
      "/bin/sh",
      [
        "-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" --data \"$1\" backup \"$2\"", Program.path(of: "chat-admin"),
        server.folder.path, place.file("large.tar"),
      ])
    #expect(limited.status == 74 && limited.errors.contains("no backup was made"))
    #expect(try place.names() == ["chat.tar", "other.tar.part"])
    #expect(try server.admin("backup").status == 64)
    #expect(try server.admin("backup", "a", "b").status == 64)
    #expect(try server.stop().status == 0)
    let offline = try server.admin("backup", place.file("late.tar"))
    #expect(offline.status == 69 && offline.errors.contains("no server is running"))
    #expect(try place.names() == ["chat.tar", "other.tar.part"])
  }

  @Test func `a restore into a folder that is in use or not empty is rejected`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let file = place.file("chat.tar")
    #expect(try server.admin("backup", file).status == 0)
    let inUse = try restore(file, to: server.folder.path)
    #expect(inUse.status == 73)
    #expect(inUse.errors.contains("\(server.folder.path) is in use by process \(server.processID)"))
    #expect(try server.stop().status == 0)
    let before = try File.names(inDirectory: server.folder.path)
    let full = try restore(file, to: server.folder.path)
    #expect(full.status == 73)
    #expect(
      full.errors.contains(
        "already contains a server's files: chat.log, chat.log.1, chat.log.2.gz, files, files.json, "))
    #expect(try File.names(inDirectory: server.folder.path) == before)

    // Unknown files stay, and are harmless.
    let folder = "\(place.path)/restored"
    try File.makeDirectory(folder)
    try File.open("\(folder)/README.md", [.writeOnly, .create]).writeAll("mine")
    #expect(try restore(file, to: folder).status == 0)
    #expect(try File.readWhole("\(folder)/README.md") == Array("mine".utf8))

    #expect(try restore(file, to: file).status == 73)
    let deep = try restore(file, to: "\(place.path)/no/where")
    #expect(
      deep.errors
        == "chat-admin: cannot create \(place.path)/no/where: the directory \(place.path)/no does not exist; "
        + "create it, or name another with --data DIR\n")
    #expect(deep.status == 73)
    let byControl = try Program.run("chat-admin", ["--control", "\(folder)/control.sock", "restore", file])
    #expect(byControl.status == 64 && byControl.errors.contains("give --data DIR"))
  }

  @Test func `an incomplete, damaged or foreign archive leaves the folder unchanged`() throws {
    let (server, place) = (try eventfulServer(), try Place())
    defer { remove(server) }
    let file = place.file("chat.tar")
    #expect(try server.admin("backup", file).status == 0)
    let bytes = try File.readWhole(file)
    let hello = Array("hello, world".utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: hello) })
    var changed = bytes
    changed[start] = UInt8(ascii: "j")
    let bad: [(name: String, bytes: [UInt8], problem: String)] = [
      ("cut", Array(bytes.dropLast(1024)), "it is incomplete: its end is missing"),
      ("half", Array(bytes[..<(bytes.count / 2)]), "it is incomplete: its end is missing"),
      ("changed", changed, "it is damaged: the checksum of chat.log does not match"),
      ("foreign", Array("name,password\n".utf8), "it is not a backup made by chat-admin"),
      ("empty", [], "it is not a backup made by chat-admin"),
    ]
    try File.makeDirectory("\(place.path)/there")
    for (name, bytes, problem) in bad {
      try File.open(place.file(name), [.writeOnly, .create]).writeAll(bytes)
      for folder in ["there", "new"] {
        let end = try restore(place.file(name), to: "\(place.path)/\(folder)")
        #expect(end.status == 65 && end.output.isEmpty, "\(name)")
        #expect(
          end.errors == "chat-admin: cannot restore \(place.file(name)): \(problem); nothing was restored\n")
      }
    }
    #expect(try File.names(inDirectory: "\(place.path)/there") == [])
    #expect(try File.statusIfPresent("\(place.path)/new") == nil)
    #expect(try restore(place.file("nowhere"), to: "\(place.path)/new").status == 66)
    #expect(try restore(place.path, to: "\(place.path)/new").status == 66)
  }

  @Test func `no server starts on a folder whose restore was killed half way`() throws {
    let place = try Place()
    // The state at that moment: all files exist, and the last one is empty.
    let folder = "\(place.path)/half"
    try File.makeDirectory("\(folder)")
    try File.makeDirectory("\(folder)/.restoring")
    for (name, text) in [
      ("users.csv", ""), ("rooms.json", #"{"version":1,"rooms":[]}"#), (".restoring/state.json", "x"),
    ] {
      try File.open("\(folder)/\(name)", [.writeOnly, .create]).writeAll(text)
    }
    let start = try Program.run("chat-server", ["--data", folder, "--port", "0"])
    #expect(start.status == 65 && start.errors.contains("users.csv:1: the file is empty"))
  }
}
