import ChatProtocol
import POSIX
import Testing

@testable import chat

/// The result of a run of the client.
private struct Run: Equatable {
  var status: chat.ExitStatus
  var output: String
  var errors: String
}

/// Runs a client against a server with this as its whole input.
private func run(
  _ server: FakeServer, input text: String = "", name: String = "alice", password: String? = nil,
  isInteractive: Bool = false, isJSON: Bool = false, answerTimeoutMilliseconds: Int64 = 10_000,
  askSecret: @escaping (String) -> Secret? = { _ in nil }
) throws -> Run {
  let input = try FileDescriptor.pipe()
  try input.writing.writeAll(text)
  return try run(
    server, input: input.takeReading(), name: name, password: password, isInteractive: isInteractive, isJSON: isJSON,
    answerTimeoutMilliseconds: answerTimeoutMilliseconds, askSecret: askSecret)
}

private func run(
  _ server: FakeServer, input: consuming FileDescriptor, name: String = "alice", password: String? = nil,
  isInteractive: Bool = false, isJSON: Bool = false, answerTimeoutMilliseconds: Int64 = 10_000,
  askSecret: @escaping (String) -> Secret? = { _ in nil }
) throws -> Run {
  let output = try FileDescriptor.pipe()
  let errors = try FileDescriptor.pipe()
  let settings = ClientSettings(
    server: "the server", name: LoginName(typed: name), room: nil, password: password.map { Secret($0) },
    isInteractive: isInteractive, seesOwnTyping: isInteractive, isJSON: isJSON)
  // Released with the loop, so that the reader sees the end of the output.
  let status = try runLoop(
    settings, server,
    LineUI(
      isJSON ? .json : .plain, input: input, output: output.writing.duplicate(), errors: errors.writing.duplicate(),
      readPassword: askSecret),
    answerTimeoutMilliseconds)
  return Run(
    status: status, output: String(decoding: try output.takeReading().readToEnd(), as: UTF8.self),
    errors: String(decoding: try errors.takeReading().readToEnd(), as: UTF8.self))
}

private func runLoop(
  _ settings: ClientSettings, _ server: FakeServer, _ ui: any ClientUI, _ answerTimeoutMilliseconds: Int64 = 10_000
) throws -> chat.ExitStatus {
  let socket = try Socket.connect(host: "127.0.0.1", port: server.port)
  var loop = try ClientLoop(
    ClientSession(settings), ConnectedSocket(socket),
    connector: Connector(ServerEndpoint(host: "127.0.0.1", port: server.port)),
    ui: ui, answerTimeoutMilliseconds: answerTimeoutMilliseconds)
  return try loop.run()
}

extension Pipe {
  /// The reading end of a pipe whose writing end is closed.
  fileprivate consuming func takeReading() throws -> FileDescriptor { try reading.duplicate() }
}

@Test func `a pipe sends its lines, prints events and ends when every line is acknowledged`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let run = try run(server, input: "hello\n\nworld")
  #expect(run == Run(status: .ok, output: "[lobby] alice: hello\n[lobby] alice: world\n", errors: ""))
  #expect(server.heardLines() == ["/format json", "/guest alice", "hello", "world", "/quit"])
}

@Test func `the next line waits until the previous one is acknowledged`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let run = try run(server, input: (1...200).map { "line \($0)\n" }.joined())
  #expect(run.output == (1...200).map { "[lobby] alice: line \($0)\n" }.joined())
  #expect(run.status == .ok)
  #expect(server.heardLines().count == 203)
  #expect(!server.hasPipelined)
}

@Test func `a file as input is read to its end`() throws {
  let path = "/tmp/chat-client-test-\(CurrentProcess.id)-\(Random.bytes(4).map { String($0) }.joined())"
  try File.open(path, [.writeOnly, .create, .exclusive]).writeAll("hello\nworld\n")
  defer { try? File.unlink(path) }
  let server = try FakeServer(answer: FakeServer.usual)
  let run = try run(server, input: File.open(path, .readOnly))
  #expect(run == Run(status: .ok, output: "[lobby] alice: hello\n[lobby] alice: world\n", errors: ""))
}

@Test(arguments: ["\u{FEFF}hello\r\n\u{FEFF}world", "hello\nworld"])
func `byte-order marks and line ends of other systems are not sent`(input: String) throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let end = try run(server, input: input)
  #expect(end.status == .ok && end.errors.isEmpty)
  #expect(server.heardLines() == ["/format json", "/guest alice", "hello", "world", "/quit"])
}

@Test(arguments: ["", "\u{FEFF}"], [true, false])
func `UTF-16 is rejected line by line`(mark: String, isLittle: Bool) throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let input = try FileDescriptor.pipe()
  try input.writing.writeAll(
    (mark + "/join ops secret-word\nhello\n").utf16.flatMap { unit in
      isLittle ? [UInt8(unit & 0xFF), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 0xFF)]
    })
  let end = try run(server, input: input.takeReading())
  #expect(end.status == .lineRefused && end.errors.contains("line 1: the line is not UTF-8"))
  #expect(server.heardLines() == ["/format json", "/guest alice", "/quit"])
}

@Test func `a rejected line is reported on standard error and in the exit status`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let run = try run(server, input: "/dance\nhello\n")
  #expect(
    run
      == Run(status: .lineRefused, output: "[lobby] alice: hello\n", errors: "chat: line 1: There is no /dance.\n"))
}

@Test func `json is passed through unchanged`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let run = try run(server, input: "hello\n", isJSON: true)
  #expect(run.status == .ok)
  let time = "2026-11-20T20:11:02.123Z"
  #expect(
    run.output == """
      {"event":"ok","time":"\(time)","command":"format","format":"json"}
      {"event":"ok","time":"\(time)","command":"guest","user":"alice","room":"lobby","rooms":["lobby"],"unread":0}
      {"event":"message","time":"\(time)","id":1,"room":"lobby","from":"alice","text":"hello","own":true}
      {"event":"ok","time":"\(time)","command":"quit"}

      """)
}

@Test func `a script with a password logs in`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  #expect(try run(server, password: "correct-horse").status == .ok)
  #expect(server.heardLines() == ["/format json", "/login alice correct-horse", "/quit"])
}

@Test func `a rejected login of a script sets the exit status`() throws {
  let server = try FakeServer { line in
    guard line.hasPrefix("/login") else { return FakeServer.usual(line) }
    return .events([.error(CommandError(command: "login", code: .accountDisabled, message: "Not so."))])
  }
  let run = try run(server, input: "hello\n", password: "wrong-horse")
  #expect(run == Run(status: .loginRefused, output: "", errors: "chat: cannot log in as alice: Not so.\n"))
  #expect(server.heardLines() == ["/format json", "/login alice wrong-horse"])
}

@Test func `a server that disconnects is reported with its reason`() throws {
  let server = try FakeServer { line in
    line == "hello" ? .lastEvents([.closing(reason: "the server is stopping")]) : FakeServer.usual(line)
  }
  let run = try run(server, input: "hello\n")
  let sentence = "the server at the server closed the connection: the server is stopping; line 1 was not acknowledged"
  #expect(run == Run(status: .noServer, output: "", errors: "chat: \(sentence)\n"))
}

@Test func `a line that no chat server sends is quoted`() throws {
  let server = try FakeServer(greeting: "220 mail.example.org ESMTP\r\n") { _ in .lastEvents([]) }
  let run = try run(server)
  let sentence = "the server is not a chat server: it says '220 mail.example.org ESMTP'"
  #expect(run == Run(status: .protocolError, output: "", errors: "chat: \(sentence)\n"))
}

@Test func `a server that never answers is given up`() throws {
  let server = try FakeServer(greeting: "") { _ in .events([]) }
  let run = try run(server, answerTimeoutMilliseconds: 1)
  let sentence = "the server does not answer: is it a chat server?"
  #expect(run == Run(status: .noServer, output: "", errors: "chat: \(sentence)\n"))
}

@Test func `events in pieces, and several at once, are read whole`() throws {
  // 300 messages of some kilobytes are more than one read takes, and end in the middle of one.
  let text = String(repeating: "é", count: 2000)
  let server = try FakeServer { line in
    guard line == "go", case .events(let events) = FakeServer.usual(line) else { return FakeServer.usual(line) }
    let many = (1...300).map { Event.notice(text: "\($0) \(text)") }
    return .events(many + events)
  }
  // Nothing reads the output until the end, so it goes to a file.
  let path = "/tmp/chat-client-test-\(CurrentProcess.id)-\(Random.bytes(4).map { String($0) }.joined())"
  defer { try? File.unlink(path) }
  let input = try FileDescriptor.pipe()
  try input.writing.writeAll("go\n")
  let settings = ClientSettings(
    server: "the server", name: LoginName(typed: "alice"), isInteractive: false, seesOwnTyping: false, isJSON: false)
  let status = try runLoop(
    settings, server,
    LineUI(
      .plain, input: input.takeReading(), output: File.open(path, [.writeOnly, .create, .exclusive]),
      errors: FileDescriptor(duplicating: 2)
    ) { _ in nil })
  #expect(status == .ok)
  let lines = try File.readWhole(path).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  #expect(lines == (1...300).map { "* Notice: \($0) \(text)" } + ["[lobby] alice: go"])
}

@Test func `a password is asked for without being shown`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  var questions: [String] = []
  let run = try run(server, input: "hello\n", isInteractive: true) { question in
    questions.append(question)
    return Secret("correct-horse")
  }
  #expect(run.status == .ok)
  #expect(!run.output.contains("horse"))
  #expect(questions == ["Password of alice (Enter for none): "])
  #expect(server.heardLines() == ["/format json", "/login alice correct-horse", "hello", "/quit"])
}

@Test func `a closed output ends the client`() throws {
  let server = try FakeServer(answer: FakeServer.usual)
  let input = try FileDescriptor.pipe()
  try input.writing.writeAll("hello\n")
  let output = try FileDescriptor.pipe()
  let writing = try output.writing.duplicate()
  _ = try output.takeReading()
  let settings = ClientSettings(
    server: "the server", name: LoginName(typed: "alice"), isInteractive: false, seesOwnTyping: false, isJSON: false)
  Signal.brokenPipe.ignore()
  let status = try runLoop(
    settings, server,
    LineUI(.plain, input: input.takeReading(), output: writing, errors: FileDescriptor(duplicating: 2)) { _ in nil })
  #expect(status == .inputOutput)
}

/// Times of the next attempts. No attempt is made here, because `beginIfDue` is not called.
@Suite struct ConnectorTests {
  private let secondNanoseconds: Int64 = 1_000_000_000

  @Test func `each attempt waits longer, up to a limit, and by a random amount`() throws {
    let connector = try Connector(ServerEndpoint(host: "127.0.0.1", port: 1))
    #expect(connector.timeLeftNanoseconds == nil)
    for (attempt, longestMilliseconds) in [(1, 500), (2, 1000), (7, 30_000), (50, 30_000)] as [(Int, Int64)] {
      connector.connect(attempt: attempt)
      let leftMilliseconds = try #require(connector.timeLeftNanoseconds) / 1_000_000
      #expect(leftMilliseconds <= longestMilliseconds && leftMilliseconds > longestMilliseconds / 3, "\(attempt)")
    }
  }

  @Test func `a user can quit while the client waits`() throws {
    let connector = try Connector(ServerEndpoint(host: "127.0.0.1", port: 1))
    connector.connectNow()
    #expect(connector.timeLeftNanoseconds == nil)
    connector.connect(attempt: 20)
    connector.connectNow()
    #expect(connector.timeLeftNanoseconds == 0)
  }

  @Test func `the last attempt is made before all of them end`() throws {
    let connector = try Connector(ServerEndpoint(host: "127.0.0.1", port: 1))
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    connector.connect(attempt: 20, endNanoseconds: nowNanoseconds + 4 * secondNanoseconds)
    #expect(try #require(connector.timeLeftNanoseconds) <= 3 * secondNanoseconds)
    // There is no attempt after the last one.
    connector.connect(attempt: 20, endNanoseconds: nowNanoseconds + secondNanoseconds / 2)
    #expect(try #require(connector.timeLeftNanoseconds) > 10 * secondNanoseconds)
  }
}
