import Terminal
import Testing

@testable import chat_bench

struct BenchArgumentsTests {
  private func options(_ words: String...) throws -> BenchOptions {
    guard case .run(let options) = try BenchArguments(parsing: words) else {
      throw UsageError.other("not a run: \(words)")
    }
    return options
  }

  @Test func `without a case all cases run`() throws {
    let options = try options()
    #expect(options.cases == BenchCase.all.map(\.name))
    #expect(options.scale == .full && !options.json && options.server == nil && options.other == nil)
  }

  @Test func `cases run in their own order, each once`() throws {
    #expect(try options("idle", "room-text", "idle").cases == ["room-text", "idle"])
  }

  @Test func `a run may be small, short, and as JSON`() throws {
    #expect(try options("--quick").scale == .quick)
    let options = try options("limit", "--quick", "--seconds", "0.5", "--json", "--server", "/opt/chat-server")
    #expect(options.scale == Scale(seconds: 0.5, isQuick: true))
    #expect(options.json && options.server == "/opt/chat-server")
  }

  @Test func `another server is compared in the cases that it supports`() throws {
    let irc = try options("--against", "irc", "--port", "6667", "--pid", "42", "--name", "InspIRCd")
    #expect(irc.other == Target(name: "InspIRCd", host: "127.0.0.1", port: 6667, processID: 42, isIRC: true))
    #expect(irc.cases == ["room-text", "rooms-fast", "rooms-paced", "idle", "join"])
    let chat = try options("--against", "chat", "--port", "7777", "--host", "127.0.0.2")
    #expect(chat.other == Target(name: "other chat", host: "127.0.0.2", port: 7777, processID: nil, isIRC: false))
    #expect(chat.cases.contains("room-json") && !chat.cases.contains("start"))
    #expect(try options("limit", "room-text", "--against", "irc", "--port", "1").cases == ["limit", "room-text"])
  }

  @Test func `over TLS the cases run that can, also on another server`() throws {
    let own = try options("--tls")
    #expect(own.tls)
    #expect(
      own.cases == [
        "limit", "room-text", "room-json", "room-mixed", "rooms-fast", "rooms-paced", "idle", "join", "handshakes",
        "handshake-flood", "half-handshakes",
      ])
    #expect(try options("--tls", "start", "idle").cases == ["idle", "start"])
    let irc = try options("--tls", "--against", "irc", "--port", "6667", "--tls-port", "6697")
    #expect(irc.other?.tlsPort == 6697 && irc.other?.isTLS == false)
    #expect(irc.other?.overTLS?.port == 6697 && irc.other?.overTLS?.isTLS == true)
    #expect(irc.cases == ["room-text", "rooms-fast", "rooms-paced", "idle", "join", "handshakes"])
    #expect(try options("--tls", "--against", "chat", "--port", "7777").other?.overTLS?.port == 7777)
    #expect(try options("--against", "chat", "--port", "7777").other?.overTLS == nil)
  }

  @Test(arguments: [
    (["room-txt"], "there is no case \"room-txt\"; the nearest is room-text; see --help"),
    (["--secs", "1"], "unknown option --secs; see --help"),
    (["--seconds", "x"], "invalid value 'x' for --seconds, expected a number from 0.05 to 600; see --help"),
    (["--seconds", "nan"], "invalid value 'nan' for --seconds, expected a number from 0.05 to 600; see --help"),
    (["--port", "6667"], "--port goes with --against irc or --against chat; see --help"),
    (["--against", "irc"], "--against needs the port of the server: --port N; see --help"),
    (
      ["--against", "irx", "--port", "1"],
      "invalid value 'irx' for --against, expected irc, chat; did you mean irc? See --help"
    ),
    (
      ["start", "--against", "chat", "--port", "1"],
      "none of these cases can be measured on another server; see --help"
    ),
    (["start", "--tls"], "none of these cases can be measured over TLS; see --help"),
    (["--against", "irc", "--port", "1", "--tls-port", "2"], "--tls-port goes with --tls; see --help"),
    (
      ["--tls", "--against", "irc", "--port", "1"],
      "--tls --against irc needs the port on which the server speaks TLS: --tls-port N; see --help"
    ),
    (["--tls-port", "2"], "--tls-port goes with --against irc or --against chat; see --help"),
    (["broadcast", "--json"], "--json does not apply to broadcast; see --help"),
  ])
  func `invalid arguments are reported in one line`(words: [String], sentence: String) {
    let error = #expect(throws: UsageError.self) { try BenchArguments(parsing: words) }
    #expect(error?.description == sentence)
  }

  @Test func `the broadcast loop has its own command`() throws {
    #expect(try BenchArguments(parsing: ["broadcast"]) == .broadcast(tls: false))
    #expect(try BenchArguments(parsing: ["broadcast", "--tls"]) == .broadcast(tls: true))
    #expect(try BenchArguments(parsing: ["--list"]) == .list)
    #expect(try BenchArguments(parsing: ["--help", "--quick"]) == .help)
    #expect(throws: UsageError.unexpectedArgument("idle")) { try BenchArguments(parsing: ["--help", "idle"]) }
    #expect(throws: UsageError.unexpectedArgument("idle")) { try BenchArguments(parsing: ["--list", "idle"]) }
    #expect(throws: UsageError.misplacedOption("quick", command: "--list")) {
      try BenchArguments(parsing: ["--list", "--quick"])
    }
  }

  @Test func `the list and the help fit a terminal and name every case and status`() {
    for line in BenchHelp.text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    for status in ExitStatus.allCases { #expect(BenchHelp.text.contains("  \(status.rawValue) ")) }
    for benchCase in BenchCase.all { #expect(BenchHelp.list.contains("\(benchCase.name): ")) }
    #expect(Set(BenchCase.all.map(\.name)).count == BenchCase.all.count)
  }
}
