import ChatProtocol
import POSIX
import Terminal
import Text

/// The program `chat`, from its command line to its exit status.
enum ClientProgram {
  /// `arguments` come without the program's name.
  static func run(_ arguments: [String]) -> ExitStatus {
    Signal.brokenPipe.ignore()
    let isInteractive = TerminalMode.isTerminal(0)
    do throws(UsageError) {
      switch try ClientOptions.parse(arguments, isInteractive: isInteractive) {
      case .help: return say(ClientHelp.usage)
      case .version: return say("chat \(chatVersion)\n")
      case .chat(let options): return chat(options, isInteractive: isInteractive)
      }
    } catch {
      complain("\(error)")
      return .usage
    }
  }

  private static func chat(_ options: ClientOptions, isInteractive: Bool) -> ExitStatus {
    if let folder = options.acceptsFilesIn, let reason = makeFolder(folder) {
      complain("--accept-files: \(reason)")
      return .usage
    }
    let terminal = isInteractive ? try? LineTerminal(0) : nil
    // It is left as it was at the very end, whoever has it meanwhile.
    defer { withExtendedLifetime(terminal) {} }
    let socket: FileDescriptor
    do throws(SocketError) {
      _ = try? terminal?.await(.nothing)
      guard let made = try FirstConnection.make(host: options.host, port: options.port, at: terminal) else {
        terminal?.end()
        return .ok
      }
      socket = made
    } catch {
      terminal?.end()
      complain("\(error); \(advice(error, options))")
      return .noServer
    }
    let server = PeerAddress(ip: options.host, port: options.port).description
    let isOutputTerminal = TerminalMode.isTerminal(1)
    // Whoever wants json, or a terminal that knows nothing, gets lines.
    let hasScreen = isInteractive && isOutputTerminal && !options.isJSON && Environment.hasCapableTerminal
    let session = ClientSession(
      ClientSettings(
        server: server, name: options.name, room: options.room,
        password: Environment.value("CHAT_PASSWORD").flatMap { $0.isEmpty ? nil : Secret($0) },
        isInteractive: isInteractive, seesOwnTyping: isInteractive && isOutputTerminal && !hasScreen,
        hasOverview: hasScreen, acceptsFilesIn: options.acceptsFilesIn,
        comesBack: isInteractive || options.patience_s > 0,
        patience_ms: isInteractive ? nil : Int64(options.patience_s) * 1000, isJSON: options.isJSON))
    do throws(Errno) {
      let front = try front(options, terminal, isTerminal: isOutputTerminal, hasScreen: hasScreen)
      let connector = try Connector(host: options.host, port: options.port)
      var loop = try ClientLoop(session, socket: socket, connector: connector, front: front)
      return try loop.run()
    } catch {
      complain("\(error)")
      return .inputOutput
    }
  }

  /// Where what others share goes; why there is no such folder, if it cannot be made.
  private static func makeFolder(_ path: String) -> String? {
    do throws(Errno) {
      try File.makeDirectory(path)
    } catch .fileExists {
      return (try? File.status(path))?.isDirectory == true ? nil : "\(path) is no folder"
    } catch {
      return "the folder \(path) cannot be made: \(error)"
    }
    return nil
  }

  private static func front(
    _ options: ClientOptions, _ lineTerminal: LineTerminal?, isTerminal: Bool, hasScreen: Bool
  ) throws(Errno) -> any ClientUI {
    let input = try FileDescriptor(duplicating: 0)
    let output = try FileDescriptor(duplicating: 1)
    let errors = try FileDescriptor(duplicating: 2)
    let display = display(options, isTerminal: isTerminal)
    guard hasScreen, case .terminal(let terminal) = display else {
      return LineUI(display, input: input, output: output, errors: errors, terminal: lineTerminal) { question in
        // None at Ctrl-D and Ctrl-C.
        lineTerminal?.askSecret(CleanText.string(from: question)).map { Secret($0) }
      }
    }
    return try ScreenUI(
      terminal, keyboard: input, output: output, errors: errors,
      history: LineFile(path: LineFile.statePath("history")), typed: lineTerminal?.handOver() ?? [])
  }

  private static func display(_ options: ClientOptions, isTerminal: Bool) -> Display {
    if options.isJSON { return .json }
    guard isTerminal else { return .plain }
    return .terminal(
      TerminalDisplay(
        isStyled: options.color ?? Environment.allowsStyles, columns: nil,
        now: { Timestamp(milliseconds: SystemClock.now_ms) }
      ) { LocalTime(milliseconds: $0.milliseconds) })
  }

  private static func advice(_ failure: SocketError, _ options: ClientOptions) -> String {
    if case .unresolved = failure { return "--host takes a name or an address" }
    return "is the server running? 'swift run chat-server' starts one, --host and --port name another"
  }

  private static func say(_ text: String) -> ExitStatus {
    do throws(Errno) {
      try FileDescriptor(duplicating: 1).writeAll(text)
      return .ok
    } catch {
      complain("cannot write to standard output: \(error)")
      return .inputOutput
    }
  }

  private static func complain(_ sentence: String) {
    try? FileDescriptor(duplicating: 2).writeAll("chat: \(CleanText.string(from: sentence))\n")
  }
}
