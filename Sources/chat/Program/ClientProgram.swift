import ChatProtocol
import POSIX
import Terminal
import Text

/// How `chat` ends: statuses of sysexits.h(3head), for scripts.
enum ExitStatus: Int32, Sendable {
  case ok = 0
  /// Invalid arguments.
  case usage = 64
  /// The server refused at least one line of the input.
  case lineRefused = 65
  /// There is no server, or its connection was lost for good.
  case noServer = 69
  /// Standard input or output failed.
  case inputOutput = 74
  /// The other end does not speak the protocol, or no TLS.
  case protocolError = 76
  /// The server refused the login or the room, or its certificate is not trusted.
  case loginRefused = 77
}

/// The program `chat`, from its command line to its exit status.
enum ClientProgram {
  /// `arguments` do not include the program's name.
  static func run(_ arguments: [String]) -> ExitStatus {
    Signal.brokenPipe.ignore()
    let isInteractive = TerminalMode.isTerminal(0)
    do throws(UsageError) {
      switch try ClientOptions.parse(arguments, isInteractive: isInteractive) {
      case .help: return print(ClientHelp.usage)
      case .version: return print("chat \(chatVersion)\n")
      case .chat(let options): return chat(options, isInteractive: isInteractive)
      }
    } catch {
      printError("\(error)")
      return .usage
    }
  }

  private static func chat(_ options: ClientOptions, isInteractive: Bool) -> ExitStatus {
    if let folder = options.acceptsFilesIn, let reason = makeFolder(folder) {
      printError("--accept-files: \(reason)")
      return .usage
    }
    let terminal = isInteractive ? try? LineTerminal(0) : nil
    // Its end restores the terminal, after the screen.
    defer { withExtendedLifetime(terminal) {} }
    _ = try? terminal?.await(.nothing)
    var endpoint = ServerEndpoint(
      host: options.host, port: options.port, encryption: options.encryption,
      trust: ServerTrust(required: options.fingerprint, knownServers: .standard, mayAsk: terminal != nil))
    let connected: ConnectedSocket
    do throws(ConnectionError) {
      guard let socket = try connect(&endpoint, at: terminal) else {
        terminal?.end()
        return .ok
      }
      connected = socket
    } catch {
      terminal?.end()
      printError([error.description, error.advice].compactMap(\.self).joined(separator: "; "))
      return error.exitStatus
    }
    let isOutputTerminal = TerminalMode.isTerminal(1)
    // JSON, or a terminal without capabilities, gets lines.
    let hasScreen = isInteractive && isOutputTerminal && !options.isJSON && Environment.hasCapableTerminal
    let session = ClientSession(
      ClientSettings(
        server: endpoint.server, name: options.name, room: options.room,
        password: Environment.value("CHAT_PASSWORD").flatMap { $0.isEmpty ? nil : Secret($0) },
        isInteractive: isInteractive, seesOwnTyping: isInteractive && isOutputTerminal && !hasScreen,
        hasOverview: hasScreen, acceptsFilesIn: options.acceptsFilesIn,
        reconnects: isInteractive || options.reconnectTimeoutSeconds > 0,
        reconnectTimeoutMilliseconds: isInteractive ? nil : Int64(options.reconnectTimeoutSeconds) * 1000,
        isJSON: options.isJSON))
    do throws(Errno) {
      let ui = try ui(options, terminal, isTerminal: isOutputTerminal, hasScreen: hasScreen)
      var loop = try ClientLoop(session, connected, connector: Connector(endpoint), ui: ui)
      return try loop.run()
    } catch {
      printError("\(error)")
      return .inputOutput
    }
  }

  /// Connects, after a question if the server is not known. Nil if the user quits meanwhile. Then `endpoint` connects again as it
  /// did: without a question, and never in the clear where this connection was encrypted.
  private static func connect(
    _ endpoint: inout ServerEndpoint, at terminal: LineTerminal?
  ) throws(ConnectionError) -> ConnectedSocket? {
    defer { endpoint.trust.mayAsk = false }
    do throws(ConnectionError) {
      return try connectOnce(&endpoint, at: terminal)
    } catch .untrusted(let server) where server.decision == .ask {
      guard let terminal, server.isAccepted(asking: terminal.askShown) else { throw .untrusted(server) }
      endpoint.trust.accepted = server.identity.fingerprint
      save(server)
      // The server does not wait for the answer to the question.
      return try connectOnce(&endpoint, at: terminal)
    }
  }

  private static func connectOnce(
    _ endpoint: inout ServerEndpoint, at terminal: LineTerminal?
  ) throws(ConnectionError) -> ConnectedSocket? {
    guard let connected = try Connector.connect(endpoint, at: terminal) else { return nil }
    if connected.transport.isEncrypted { endpoint.encryption = .always }
    return connected
  }

  private static func save(_ server: UntrustedServer) {
    let today = Timestamp(milliseconds: SystemClock.nowMilliseconds).description.prefix(10)
    do throws(Errno) {
      try KnownServersFile.standard.add(server.server, server.identity.fingerprint, date: String(today))
    } catch {
      printError("\(server.path): \(error); chat will ask again at the next start")
    }
  }

  /// Returns why the folder does not exist and cannot be made.
  private static func makeFolder(_ path: String) -> String? {
    do throws(Errno) {
      try File.makeDirectory(path)
    } catch .fileExists {
      return (try? File.status(path))?.isDirectory == true ? nil : "\(path) is not a folder"
    } catch {
      return "cannot create the folder \(path): \(error)"
    }
    return nil
  }

  private static func ui(
    _ options: ClientOptions, _ lineTerminal: LineTerminal?, isTerminal: Bool, hasScreen: Bool
  ) throws(Errno) -> any ClientUI {
    let input = try FileDescriptor(duplicating: 0)
    let output = try FileDescriptor(duplicating: 1)
    let errors = try FileDescriptor(duplicating: 2)
    let terminal = TerminalDisplay(
      isStyled: options.color ?? Environment.allowsStyles, columns: nil,
      now: { Timestamp(milliseconds: SystemClock.nowMilliseconds) }
    ) { LocalTime(milliseconds: $0.milliseconds) }
    guard hasScreen else {
      let display = options.isJSON ? Display.json : isTerminal ? .terminal(terminal) : .plain
      return LineUI(display, input: input, output: output, errors: errors, terminal: lineTerminal) { question in
        lineTerminal?.askPassword(CleanText.string(from: question)).map { Secret($0) }
      }
    }
    return try ScreenUI(
      terminal, keyboard: input, output: output, errors: errors,
      history: LineFile(path: LineFile.statePath("history")), typed: lineTerminal?.handOver() ?? [])
  }

  private static func print(_ text: String) -> ExitStatus {
    do throws(Errno) {
      try FileDescriptor(duplicating: 1).writeAll(text)
      return .ok
    } catch {
      printError("cannot write to standard output: \(error)")
      return .inputOutput
    }
  }

  private static func printError(_ sentence: String) {
    try? FileDescriptor(duplicating: 2).writeAll(ErrorText.of(sentence))
  }
}

/// An error of the client on standard error.
enum ErrorText {
  /// `chat: SENTENCE`. Lines after the first one explain it.
  static func of(_ sentence: String) -> String {
    let lines = sentence.split(separator: "\n", omittingEmptySubsequences: false)
    return "chat: " + lines.map { CleanText.string(from: String($0)) + "\n" }.joined()
  }
}
