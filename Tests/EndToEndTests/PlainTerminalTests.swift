import POSIX
import Testing

/// The built programs on a terminal without known capabilities.
@Suite struct PlainTerminalTests {
  @Test(arguments: [nil, "", "dumb"] as [String?])
  func `on a plain terminal chat prints lines, and reconnects`(term: String?) throws {
    let first = try TestServer(TestFolder())
    let alice = try TerminalProgram("chat", ["--port", "\(first.port)", "--name", "alice"], term: term)
    try alice.read(until: "Password of alice (Enter for none): ")
    try alice.type("\n")
    try alice.read(until: "or (q)uit? [g] ")
    try alice.type("g\n")
    try alice.read(until: "You are alice in lobby")
    #expect(try first.stop().status == 0)
    try alice.read(until: "(The server is stopping).")
    let second = try TestServer(first.folder, port: first.port)
    try alice.type("\n")
    try alice.read(until: "The connection is back.")
    let bob = try second.connect("/guest bob")
    try alice.type("here again\n")
    #expect(try bob.read(until: "here again").last == "[lobby] alice: here again")
    try alice.type("/quit\n")
    #expect(alice.finish() == 0)
    #expect(!alice.seen.contains("\u{1B}"))
    #expect(try second.stop().status == 0)
  }

  @Test func `on a plain terminal chat-admin's console reads lines`() throws {
    let server = try TestServer(TestFolder())
    let admin = try TerminalProgram("chat-admin", ["--data", server.folder.path], term: nil)
    try admin.type("rooms create den --open\n")
    try admin.read(until: "created room den")
    try admin.type("rooms delete den\n")
    try admin.read(until: "[y/N] ")
    try admin.type("n\n")
    try admin.read(until: "chat-admin> ")
    try admin.type("users add bob\n")
    try admin.read(until: "password")
    try admin.type("battery-staple\n")
    try admin.read(until: "repeat the password")
    try admin.type("battery-staple\n")
    try admin.read(until: "chat-admin> ")
    try admin.type("rooms list\n")
    try admin.read(until: "den")
    try admin.type("\u{4}")
    // As in a script, the status is that of the first failed command.
    #expect(admin.finish() == 75)
    #expect(!admin.seen.contains("battery-staple"))
    #expect(try server.stop().status == 0)
  }
}

/// The command lines of all programs.
@Suite struct CommandLineTests {
  @Test(arguments: ["chat", "chat-server", "chat-admin", "chat-bench"])
  func `-h is --help`(program: String) throws {
    let help = try Program.run(program, ["--help"])
    let short = try Program.run(program, ["-h"])
    #expect(help.status == 0 && short.status == 0)
    #expect(short.output == help.output && short.output.contains("--help"))
  }

  @Test(arguments: ["chat", "chat-server", "chat-admin", "chat-bench"])
  func `an argument that is not UTF-8 is rejected`(program: String) throws {
    let script = #"exec "$0" --help --data "$(printf 'z\377')""#
    let end = try Program.run("/bin/sh", ["-c", script, Program.path(of: program)])
    #expect(end.status == 64 && end.output.isEmpty)
    #expect(end.errors == "\(program): the argument z\\xff is not UTF-8\n")
  }
}
