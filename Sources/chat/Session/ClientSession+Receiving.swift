import ChatProtocol
import JSON

// What the server says.
extension ClientSession {
  mutating func receive(_ line: [UInt8]) {
    heard_ms = now_ms
    if phase == .greeting, line.first != UInt8(ascii: "{") { return receiveText(line) }
    do throws(EventError) {
      let value = try JSONValue(receiving: line)
      let event = try ReceivedEvent(decoding: value)
      if comeback == nil { lastHeard = event.time }
      if keep(event, value) { return }
      if !isPassedOver(event) { show(value) }
      take(event)
    } catch {
      fail(.protocolFault, "\(settings.server) sent what is not the chat protocol: \(error)")
    }
  }

  /// The text dialect is for people. Here it matters only who speaks, and why, if that is all that is ever said.
  private mutating func receiveText(_ line: [UInt8]) {
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("* ") {
      lastWords = text == ClientSession.greetingEnd ? nil : String(text.dropFirst(2))
    } else {
      strangeGreeting = text
    }
  }

  /// The line with which a server's greeting ends. What comes after it, or instead, is a reason to close the connection.
  private static let greetingEnd: String = {
    var greeting: [UInt8] = []
    Dialect.text.encode(.welcome(server: "", version: ""), at: Timestamp(milliseconds: 0), into: &greeting)
    return String(decoding: greeting.dropLast().split(separator: UInt8(ascii: "\n")).last ?? [], as: UTF8.self)
  }()

  /// What a program that reads events has no use for: replies to what was asked only to be able to come back, and what it has
  /// been told already.
  private func isPassedOver(_ received: ReceivedEvent) -> Bool {
    switch received.content {
    case .event(.ok), .event(.error), .unfamiliarError: pending.first?.isForComingBack ?? false
    case .event(.privateMessage(let message)): message.id <= lastPrivateShown
    default: false
    }
  }

  private mutating func take(_ received: ReceivedEvent) {
    defer { if case .event(let event) = received.content { observe(event) } }
    switch received.content {
    case .event(.ok(let reply)):
      answer(received, .success(reply))
    case .event(.error(let fault)):
      answer(received, .failure(Refusal(code: fault.code, message: fault.message)))
    case .unfamiliarError(_, _, let message):
      answer(received, .failure(Refusal(code: nil, message: message)))
    case .event(.message(let message)) where message.isOwn:
      if !settings.seesOwnTyping { show(received) }
      answerTyped()
    case .event(.privateMessage(let message)):
      take(message, in: received)
    case .event(.closing(let reason)):
      // Told with the end of the connection, which follows.
      lastWords = reason.isEmpty ? nil : reason
    case .event(let event):
      show(received)
      follow(event)
      if case .file(let file) = event { accept(file) }
    case .unfamiliar(let name):
      take(unfamiliar: name)
    }
  }

  private mutating func take(_ message: PrivateMessage, in received: ReceivedEvent) {
    // After a crash of the server one may come again under the same id.
    if message.id > lastPrivateShown {
      show(received)
      lastPrivateShown = message.id
    }
    if message.to == viewpoint.user { tellRead() }
  }

  /// `/read` covers everything up to its id, so one at a time is enough however many come.
  mutating func tellRead() {
    guard comeback == nil, lastPrivateTold < lastPrivateShown, !pending.contains(.read) else { return }
    send("/read \(lastPrivateShown)", expecting: .read)
    lastPrivateTold = lastPrivateShown
  }

  private mutating func take(unfamiliar name: String) {
    guard settings.isInteractive, !hasMetUnfamiliar else { return }
    hasMetUnfamiliar = true
    note("The server tells of things that this chat is too old to show, such as '\(name)'.")
  }

  /// Keeps the current room where the server moved one out of it.
  private mutating func follow(_ event: Event) {
    switch event {
    case .kicked(nil, _, _): wasPutOff = true
    case .kicked(let room?, _, _), .deleted(let room, _):
      if room == viewpoint.room { viewpoint.room = .lobby }
    case .left(let room, let user, _):
      // Another session of the account left it, for all of them. From the lobby it is to a room that is not told.
      if user == viewpoint.user, room == viewpoint.room { viewpoint.room = room == .lobby ? nil : .lobby }
    default:
      break
    }
  }

  // MARK: The end

  mutating func endConnection(_ reason: String?) {
    if case .leaving(let status) = phase { return exit(status) }
    if isInputEnded, settings.isInteractive { return leaveWithoutConnection() }
    if mayComeBack { return loseConnection(reason) }
    if let strangeGreeting { return failAsStranger(strangeGreeting) }
    var sentence = "the server at \(settings.server) closed the connection"
    if let why = lastWords ?? reason { sentence += ": \(why.asClause)" }
    if !settings.isInteractive, let line = pending.compactMap(\.typedLine).first {
      sentence += "; line \(line.number) was not acknowledged"
    }
    fail(.noServer, sentence)
  }

  mutating func giveUpWaiting() {
    if case .leaving(let status) = phase { return exit(status) }
    if isInputEnded, settings.isInteractive { return leaveWithoutConnection() }
    if mayComeBack {
      outputs.append(.disconnect)
      return loseConnection("it does not answer")
    }
    if let strangeGreeting { return failAsStranger(strangeGreeting) }
    fail(.noServer, "\(settings.server) does not answer: is it a chat server?")
  }

  private mutating func failAsStranger(_ greeting: String) {
    fail(.protocolFault, "what answers at \(settings.server) is no chat server: it says '\(greeting)'")
  }
}

extension JSONValue {
  /// A line that should be JSON, with the fault in the words of the protocol.
  fileprivate init(receiving line: [UInt8]) throws(EventError) {
    do {
      try self.init(parsing: line)
    } catch {
      throw EventError("a line is not JSON: \(error.problem)")
    }
  }
}
