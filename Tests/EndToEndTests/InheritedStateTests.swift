import POSIX
import TestSupport
import Testing

/// Processes started with closed descriptors, or without /proc.
@Suite struct InheritedStateTests {
  /// The shell's redirections for each of the seven combinations.
  private static let ways = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"]

  /// Runs a program with these descriptors closed, and the others as in `Program`.
  private func run(
    _ name: String, _ arguments: [String], _ closing: String, input: String = ""
  ) throws -> Program.End {
    try Program.run(
      "/bin/sh", ["-c", "exec \"$0\" \"$@\" \(closing)", Program.path(of: name)] + arguments, input: input)
  }

  @Test(arguments: ways)
  func `closed standard descriptors are reopened, and no file of the program gets their number`(closing: String) throws
  {
    let folder = try TestFolder()
    // `exec` replaces the shell by the program, which inherits its descriptors.
    let list = "exec 3> '\(folder.path).list'; for n in 0 1 2; do f=$(readlink /proc/$$/fd/$n); echo $f >&3; done"
    defer { try? File.unlink("\(folder.path).list") }
    _ = try Program.run(
      "/bin/sh",
      ["-c", "exec \"$0\" tethered $PPID /bin/sh -c \"$1\" \(closing)", Program.path(of: "chat-bench"), list])
    let names = String(decoding: try File.readWhole("\(folder.path).list"), as: UTF8.self).split(separator: "\n")
    #expect(names.count == 3)
    for (name, word) in zip(names, ["<&-", " >&-", "2>&-"]) {
      #expect((name == "/dev/null") == " \(closing)".contains(word), "\(word): \(name)")
    }
  }

  @Test(arguments: ["<&-", "2>&-", "<&- 2>&-"])
  func `the server opens no file of its own as a standard descriptor`(closing: String) throws {
    let folder = try TestFolder()
    let server = try Program(
      "/bin/sh",
      [
        "-c", "exec \"$0\" --data \"$1\" --port 0 \(closing)", Program.path(of: "chat-server"), folder.path,
      ])
    #expect(try server.readLine()?.hasPrefix("chat-server ready on ") == true)
    for (number, word) in ["<&-", ">&-", "2>&-"].enumerated() where closing.contains(word) && number != 1 {
      #expect(try File.target(ofLink: "/proc/\(server.processID)/fd/\(number)") == "/dev/null")
    }
    try server.send(.terminate)
    #expect(try server.finish().status == 0)
  }

  @Test(arguments: ways)
  func `chat sends its input to the lobby, and nothing else`(closing: String) throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/guest alice")
    let end = try run("chat", ["--port", "\(server.port)", "--name", "bob"], closing, input: "hello\n/nonsense\n")
    #expect((end.status == 0) == (closing == "<&-" || closing == "<&- 2>&-"))
    let told = try alice.ask("/ping").filter { $0.hasPrefix("[lobby] bob:") }
    if closing == "2>&-" { #expect(told == ["[lobby] bob: hello"]) }
    if closing.contains("<") { #expect(told.isEmpty) }
    #expect(Set(told).isSubset(of: ["[lobby] bob: hello"]))
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: ways)
  func `chat-admin fails if it cannot print its answer`(closing: String) throws {
    let server = try TestServer(TestFolder())
    let end = try run("chat-admin", ["--data", server.folder.path, "status"], closing)
    #expect((end.status == 0) == !" \(closing)".contains(" >"))
    #expect(end.output.isEmpty == " \(closing)".contains(" >"))
    #expect(try server.stop().status == 0)
  }

  /// Runs a shell command with an empty /proc. That needs root or user namespaces.
  private static func withoutProc(_ words: [String]) throws -> Program.End {
    try Program.run(
      "/usr/bin/unshare", ["-rm", "/bin/sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"] + words)
  }

  private static let canHideProc = (try? withoutProc(["/bin/true"]).status) == 0

  @Test(.enabled(if: canHideProc, "needs user namespaces"), arguments: ["chat-server", "chat", "chat-admin"])
  func `arguments do not need /proc`(program: String) throws {
    let end = try Self.withoutProc([Program.path(of: program), "--version"])
    #expect(end.status == 0 && end.output.hasPrefix("\(program) ") && end.errors.isEmpty)
    #expect(try Self.withoutProc([Program.path(of: program), "--hots", "x"]).status == 64)
  }
}
