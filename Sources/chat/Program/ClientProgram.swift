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
  /// The other end does not speak the protocol.
  case protocolError = 76
  /// The server refused the login or the room.
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
    let socket: FileDescriptor
    do throws(SocketError) {
      _ = try? terminal?.await(.nothing)
      guard let connected = try Connector.connect(host: options.host, port: options.port, at: terminal) else {
        terminal?.end()
        return .ok
      }
      socket = connected
    } catch {
      terminal?.end()
      let advice =
        if case .unresolved = error { "--host takes a name or an address" } else {
          "is the server running? 'swift run chat-server' starts one; --host and --port select another"
        }
      printError("\(error); \(advice)")
      return .noServer
    }
    let isOutputTerminal = TerminalMode.isTerminal(1)
    // JSON, or a terminal without capabilities, gets lines.
    let hasScreen = isInteractive && isOutputTerminal && !options.isJSON && Environment.hasCapableTerminal
    let session = ClientSession(
      ClientSettings(
        server: PeerAddress(ip: options.host, port: options.port).description, name: options.name, room: options.room,
        password: Environment.value("CHAT_PASSWORD").flatMap { $0.isEmpty ? nil : Secret($0) },
        isInteractive: isInteractive, seesOwnTyping: isInteractive && isOutputTerminal && !hasScreen,
        hasOverview: hasScreen, acceptsFilesIn: options.acceptsFilesIn,
        reconnects: isInteractive || options.reconnectTimeoutSeconds > 0,
        reconnectTimeoutMilliseconds: isInteractive ? nil : Int64(options.reconnectTimeoutSeconds) * 1000,
        isJSON: options.isJSON))
    do throws(Errno) {
      let ui = try ui(options, terminal, isTerminal: isOutputTerminal, hasScreen: hasScreen)
      let connector = try Connector(host: options.host, port: options.port)
      var loop = try ClientLoop(session, socket: socket, connector: connector, ui: ui)
      return try loop.run()
    } catch {
      printError("\(error)")
      return .inputOutput
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
    try? FileDescriptor(duplicating: 2).writeAll("chat: \(CleanText.string(from: sentence))\n")
  }
}
