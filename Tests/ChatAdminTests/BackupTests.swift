import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import chat_admin

/// `chat-admin backup` with a server that misbehaves.
@Suite struct BackupTests {
  private static let answer = ControlResponse(id: 1, result: .success(.backup(bytes: 1500))).encode()

  private func backup(_ conduct: FakeServer.Conduct) throws -> (run: AdminRun, left: [String]) {
    let server = try FakeServer(conduct)
    let place = try TemporaryFolder()
    let run = AdminRun(["--data", server.folder.path, "backup", "\(place.path)/chat.tar"])
    #expect(try server.request()?.request.get() == .backup)
    return (run, try File.names(inDirectory: place.path))
  }

  @Test func `the backup file is what the server sent`() throws {
    let archive = SampleBackup().bytes
    let server = try FakeServer(.send([Self.answer + archive[..<700], Array(archive[700...])]))
    let place = try TemporaryFolder()
    let run = AdminRun(["--data", server.folder.path, "backup", "\(place.path)/chat.tar"])
    #expect(run.status == .success && run.errors.isEmpty)
    #expect(try File.readWhole("\(place.path)/chat.tar") == archive)
    // A start would report the same and continue.
    #expect(
      run.output.hasSuffix(
        "\nfiles/7:1: warning: files.json has no entry for this file; restore the entry, or move the file out of files\n"
      ))
    let restored = AdminRun(["--data", "\(place.path)/restored", "restore", "\(place.path)/chat.tar"])
    #expect(restored.status == .success && restored.output.contains("\nfiles/7:1: warning: files.json has no entry"))
    #expect(try File.readWhole("\(place.path)/restored/files/7") == [1, 2, 3])
  }

  @Test func `a backup with invalid files is reported and not saved`() throws {
    var sample = SampleBackup()
    sample.files[0].bytes = Array("name,password\nal ice,*\n".utf8)
    let (run, left) = try backup(.send([Self.answer + sample.bytes]))
    #expect(run.status == .data && run.output.hasPrefix("users.csv:2: the name \"al ice\" is not valid"))
    #expect(
      run.errors
        == "chat-admin: the server sent files with errors, with which no server would start; no backup was made\n")
    #expect(left == [])
  }

  @Test func `a certificate and its key are restored with their modes`() throws {
    var sample = SampleBackup()
    sample.files += [("tls/certificate.pem", [1]), ("tls/key.pem", [2])]
    let place = try TemporaryFolder()
    try place.write("chat.tar", sample.bytes)
    let run = AdminRun(["--data", place.path("data"), "restore", place.path("chat.tar")])
    #expect(run.status == .success, "\(run.output)\(run.errors)")
    #expect(try File.names(inDirectory: place.path("data/tls")).sorted() == ["certificate.pem", "key.pem"])
    #expect(try place.bytes("data/tls/certificate.pem") == [1] && place.bytes("data/tls/key.pem") == [2])
    #expect(try File.status(place.path("data/tls")).mode == 0o700)
    // Others may read it, unless the umask of the restore says no.
    #expect(try File.status(place.path("data/tls/certificate.pem")).mode & 0o600 == 0o600)
    #expect(try File.status(place.path("data/tls/key.pem")).mode == 0o600)
    #expect(try !File.names(inDirectory: place.path("data")).contains(".restoring"))
  }

  @Test func `a certificate that is elsewhere prevents neither a backup nor its restore`() throws {
    var sample = SampleBackup()
    let settings = #"{"tls_certificate": "/nonexistent/fullchain.pem", "tls_key": "key.pem"}"#
    sample.files.insert(("settings.json", Array(settings.utf8)), at: 0)
    let server = try FakeServer(.send([Self.answer + sample.bytes]))
    let place = try TemporaryFolder()
    let saved = AdminRun(["--data", server.folder.path, "backup", place.path("chat.tar")])
    #expect(saved.status == .success && !saved.output.contains("not checked"), "\(saved.output)\(saved.errors)")
    let restored = AdminRun(["--data", place.path("data"), "restore", place.path("chat.tar")])
    #expect(restored.status == .success && !restored.output.contains("not checked"))
    // The files of the folder are as they should be, but no server starts.
    let checked = AdminRun(["--data", place.path("data"), "check"])
    #expect(checked.status == .data && checked.output.contains("/nonexistent/fullchain.pem"))
  }

  @Test func `a backup without a check says so`() throws {
    let server = try FakeServer(.send([Self.answer + SampleBackup().bytes]))
    let place = try TemporaryFolder()
    let arguments = ["--data", server.folder.path, "backup", "\(place.path)/chat.tar"]
    let run = AdminRun(arguments, serverProgram: "/nonexistent/chat-server")
    #expect(run.status == .success)
    #expect(
      run.output.hasSuffix(
        "\nthe files were not checked: /nonexistent/chat-server does not exist; a server checks them when it starts\n"
      ))
  }

  @Test(arguments: [0, 1, 512, 3000, 100_000])
  func `a server that dies during a backup leaves no file`(count: Int) throws {
    let archive = SampleBackup().bytes
    let (run, left) = try backup(.send([Self.answer, Array(archive.prefix(count).dropLast(1))]))
    #expect(run.status == .wentAway && run.output.isEmpty)
    #expect(run.errors.contains("the server aborted the backup; none was made"))
    #expect(left == [])
  }

  @Test func `a server that dies before it answers leaves no file`() throws {
    let (run, left) = try backup(.send([]))
    #expect(run.status == .wentAway)
    #expect(run.errors.contains("'backup' changes nothing"))
    #expect(left == [])
  }

  @Test func `a backup damaged on the way is not saved`() throws {
    var archive = SampleBackup().bytes
    let place = try #require(archive.indices.first { archive[$0...].starts(with: "xxxx".utf8) })
    archive[place] = 0
    let (run, left) = try backup(.send([Self.answer + archive]))
    #expect(run.status == .software)
    #expect(run.errors.contains("it is damaged: the checksum of chat.log.1 does not match"))
    #expect(left == [])
  }

  @Test(arguments: [(ControlError.Code.busy, chat_admin.ExitStatus.tryAgain), (.backupFailed, .inputOutput)])
  func `a refusal is reported and leaves no file`(code: ControlError.Code, status: chat_admin.ExitStatus) throws {
    let (run, left) = try backup(.answer(.failure(ControlError(code, "not now"))))
    #expect(run.status == status && run.errors == "chat-admin: not now\n")
    #expect(left == [])
  }

  @Test(arguments: [["users.csv"], ["lock", "rooms.json"], ["tls"]])
  func `a rejected restore leaves the folder as it was`(names: [String]) throws {
    let place = try TemporaryFolder()
    try place.write("chat.tar", SampleBackup().bytes)
    let data = "\(place.path)/data"
    try File.makeDirectory(data, mode: 0o700)
    for name in names { try place.write("data/\(name)", "") }
    let run = AdminRun(["--data", data, "restore", "\(place.path)/chat.tar"])
    #expect(run.status == .cannotCreate && run.errors.contains("already contains a server's files: \(names.last!)"))
    #expect(try File.names(inDirectory: data).sorted() == names)
  }
}
