import POSIX
import Terminal
import Text

/// The action of a command line.
enum BenchArguments: Equatable {
  case run(BenchOptions)
  /// The broadcast loop, for the case `limit`.
  case broadcast(tls: Bool)
  /// Executes another program, which ends with the parent process.
  case launch([String])
  case list
  case help

  private static let options: [Option] = [
    .flag("json"), .flag("list"), .flag("quick"), .flag("help", letter: "h"), .value("seconds", "N"),
    .value("server", "PATH"),
    .value("against", "irc|chat"), .value("host", "ADDRESS"), .value("port", "N"), .value("pid", "PID"),
    .value("name", "NAME"), .flag("tls"), .value("tls-port", "N"),
  ]

  /// `list` does not include the program's name.
  init(parsing list: [String]) throws(UsageError) {
    if list.first == ParentWatch.word {
      // The rest is another program's command line.
      self = .launch(Array(list.dropFirst()))
      return
    }
    let arguments = try Arguments(parsing: list, options: BenchArguments.options)
    if arguments.flag("help") {
      try arguments.requirePositionals()
      self = .help
    } else if try arguments.flagAlone("list") {
      self = .list
    } else if arguments.positionals == [BroadcastLoop.word] {
      try arguments.requireOptions(["tls"], of: BroadcastLoop.word)
      self = .broadcast(tls: arguments.flag("tls"))
    } else {
      self = .run(try BenchOptions(arguments))
    }
  }
}

/// What to measure, and how.
struct BenchOptions: Equatable {
  /// By name, in the order in which they run.
  var cases: [String]
  var scale: Scale
  var json: Bool
  /// Whether the cases that can are measured over TLS too.
  var tls: Bool
  /// The chat-server to start; nil for the one beside this program.
  var server: String?
  var other: Target?

  fileprivate init(_ arguments: Arguments) throws(UsageError) {
    let known = BenchCase.all.map(\.name)
    for name in arguments.positionals where !known.contains(name) {
      let nearest = Spelling.nearest(to: name, among: known).map { "; the nearest is \($0)" } ?? ""
      throw .other("there is no case \"\(name)\"\(nearest)")
    }
    cases = arguments.positionals.isEmpty ? known : known.filter(arguments.positionals.contains)
    json = arguments.flag("json")
    tls = arguments.flag("tls")
    server = arguments.value("server")
    scale = arguments.flag("quick") ? .quick : .full
    if let text = arguments.value("seconds") {
      guard let seconds = Double(text), seconds >= 0.05, seconds <= 600 else {
        throw .invalidValue(text, option: "seconds", expected: "a number from 0.05 to 600", nearest: nil)
      }
      scale.seconds = seconds
    }
    other = try BenchOptions.other(arguments)
    var named = BenchCase.all.filter { cases.contains($0.name) }
    if tls {
      named = named.filter { $0.transports != .plaintext }
      if named.isEmpty { throw .other("none of these cases can be measured over TLS") }
    }
    if let other {
      named = named.filter { $0.isComparable(with: other) }
      if named.isEmpty { throw .other("none of these cases can be measured on another server") }
    }
    // Without names: the cases that all this supports.
    if arguments.positionals.isEmpty { cases = named.map(\.name) }
  }

  private static func other(_ arguments: Arguments) throws(UsageError) -> Target? {
    guard let kind = try arguments.choice("against", of: Kind.self) else {
      for name in ["host", "port", "pid", "name", "tls-port"] where arguments.value(name) != nil {
        throw .other("--\(name) goes with --against irc or --against chat")
      }
      return nil
    }
    let (host, port) = try arguments.address(ports: 1...65535)
    guard let port else {
      throw .other("--against needs the port of the server: --port N")
    }
    let name = arguments.value("name") ?? "other \(kind.rawValue)"
    if name.isEmpty || name == "chat-server" || name == "limit" { throw .other("--name must be another one") }
    return Target(
      name: name, host: host ?? "127.0.0.1", port: UInt16(port),
      processID: try arguments.integer("pid", in: 1...Int(Int32.max)).map { Int32($0) }, isIRC: kind == .irc,
      tlsPort: try tlsPort(arguments, kind, port: port))
  }

  /// A chat-server speaks TLS on its one port. IRC servers have another port for it.
  private static func tlsPort(_ arguments: Arguments, _ kind: Kind, port: Int) throws(UsageError) -> UInt16? {
    let tlsPort = try arguments.integer("tls-port", in: 1...65535)
    guard arguments.flag("tls") else {
      if tlsPort != nil { throw .other("--tls-port goes with --tls") }
      return nil
    }
    if tlsPort == nil, kind == .irc {
      throw .other("--tls --against irc needs the port on which the server speaks TLS: --tls-port N")
    }
    return UInt16(tlsPort ?? port)
  }

  private enum Kind: String, CaseIterable { case irc, chat }
}

/// What `chat-bench --help` and `--list` print.
enum BenchHelp {
  static let text = """
    chat-bench measures chat-server on this machine.

    Usage: chat-bench [CASE ...] [--quick] [--seconds N] [--tls] [--json] [--server PATH]
                      [--against irc|chat --port N [--host ADDRESS] [--tls-port N] [--pid PID]
                                                   [--name NAME]]
           chat-bench --list | --help

    Without a CASE, it runs all of them. Each case starts a chat-server on a free port, in a
    temporary folder, with log and history, and ends it afterwards, also at Ctrl-C. If a case
    fails, the others still run, and the exit status says why. Every run sends the same bytes.

    Options:
      --list          List the cases: what each measures, and what a good figure is.
      --quick         Use a tenth of the clients, accounts and bytes, and a second for each load:
                      enough to see that everything works, too short to judge by.
      --seconds N     The duration of a load. Default: 3
      --tls           Measure each case in plaintext and then over TLS, and print ratios. Without
                      a CASE, all cases run that can be measured over TLS.
      --json          Print one JSON document instead of tables.
      --server PATH   The chat-server to measure. Default: the one beside this program.
      --against KIND  Measure a server that runs already too, and print ratios: "irc" for an IRC
                      server, "chat" for another chat-server. Needs --port. Without a CASE, all
                      cases run that both servers support.
      --host ADDRESS  The address of that server. Default: 127.0.0.1
      --port N        Its port.
      --tls-port N    Its port for TLS. An IRC server has one; a chat-server uses --port.
      --pid PID       Its process, for the figures of CPU and memory.
      --name NAME     Its name in the tables. Default: other irc, other chat
      --help          Print this help; also -h.

    Build with optimisation, and let nothing else run: the generator needs a core of its own.

    Exit status:

    """
    + ExitStatus.allCases.map { status in
      let number = String(status.rawValue)
      return "  \(number)\(String(repeating: " ", count: 4 - number.count))\(status.meaning)\n"
    }.joined() + """

      Examples:
        swift run -c release chat-bench                     all cases; some minutes
        swift run -c release chat-bench --quick             all cases, small; about a minute
        swift run -c release chat-bench limit room-text     one room, and the least this machine needs
        swift run -c release chat-bench room-text rooms-fast rooms-paced idle \\
            --against irc --port 6667 --pid $(pidof inspircd) --name InspIRCd

      """

  static let list = BenchCase.all.map { "\($0.name): \($0.meaning).\n    good: \($0.good).\n" }.joined()
}
