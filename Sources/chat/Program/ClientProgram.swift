import ChatProtocol
import POSIX
import Terminal
import Text

/// The program `chat`, from its command line to its exit status.
enum ClientProgram {
  /// `arguments` begin with the program's name.
  static func run(_ arguments: [String]) -> ExitStatus {
    Signal.brokenPipe.ignore()
    let isInteractive = TerminalMode.isTerminal(0)
    do throws(UsageError) {
      switch try ClientOptions.parse(Array(arguments.dropFirst()), isInteractive: isInteractive) {
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
    let socket: FileDescriptor
    do throws(SocketFailure) {
      socket = try Socket.connect(host: options.host, port: options.port)
    } catch {
      complain("\(error); \(advice(error, options))")
      return .noServer
    }
    let server = PeerAddress(ip: options.host, port: options.port).description
    let isOutputTerminal = TerminalMode.isTerminal(1)
    let session = ClientSession(
      ClientSettings(
        server: server, name: options.name, room: options.room,
        password: Environment.value("CHAT_PASSWORD").flatMap { $0.isEmpty ? nil : Secret($0) },
        isInteractive: isInteractive,
        seesOwnTyping: isInteractive && isOutputTerminal, isJSON: options.isJSON))
    do throws(Errno) {
      let screen = Screen(
        display(options, isTerminal: isOutputTerminal), output: try FileDescriptor(duplicating: 1),
        errors: try FileDescriptor(duplicating: 2))
      var loop = try ClientLoop(
        session, socket: socket, input: try FileDescriptor(duplicating: 0), screen: screen, askSecret: askSecret)
      return try loop.run()
    } catch {
      complain("\(error)")
      return .inputOutput
    }
  }

  private static func display(_ options: ClientOptions, isTerminal: Bool) -> Display {
    if options.isJSON { return .json }
    guard isTerminal else { return .plain }
    return .terminal(
      TerminalDisplay(
        isStyled: Environment.allowsStyles, columns: nil, now: { Timestamp(milliseconds: SystemClock.now_ms) }
      ) { LocalTime(milliseconds: $0.milliseconds) })
  }

  /// nil at Ctrl-D and Ctrl-C, and where there is no terminal to ask at.
  private static func askSecret(_ question: String) -> Secret? {
    (try? SecretPrompt.read(CleanText.string(from: question))).flatMap { $0 }.map { Secret($0) }
  }

  private static func advice(_ failure: SocketFailure, _ options: ClientOptions) -> String {
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
