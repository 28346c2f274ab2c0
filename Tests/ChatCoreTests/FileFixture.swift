import ChatProtocol

@testable import ChatCore

/// A core in which files are offered and fetched; the test supplies the results of the disk and the threads.
struct FileFixture {
  var chat: CoreFixture
  let alice: SessionID
  private var connections: UInt32 = 100

  init(
    settings: Settings = Settings(), accounts: [Account] = [], rooms: [RoomRecord] = [], files: [FileRecord] = []
  ) {
    chat = CoreFixture(
      settings: settings, accounts: [Account("alice"), Account("bob")] + accounts, rooms: rooms, files: files,
      nextID: (files.last?.id ?? 0) + 1)
    alice = chat.login("alice")
  }

  /// Offers a file of which the disk already has `present` bytes.
  mutating func offer(_ line: String, by id: SessionID? = nil, present: UInt64 = 0) -> [Effect] {
    _ = send(line, from: id ?? alice)
    return chat.apply(.fileChecked(id ?? alice, .bytes(present)))
  }

  private mutating func send(_ line: String, from id: SessionID) -> [Effect] {
    guard case .success(let command) = CommandParser.parse(Array(line.utf8).span) else { return [] }
    return chat.apply(.command(id, command))
  }

  /// A connection that begins with this line, and the effects of the line.
  mutating func begin(_ line: String) -> (id: SessionID, effects: [Effect]) {
    connections += 1
    let id = SessionID(slot: Int32(connections), generation: connections)
    _ = chat.apply(.connected(id, address: "192.0.2.9"))
    return (id, chat.send(line, from: id))
  }

  /// A user who has joined a room that alice owns and is in.
  mutating func inDen(_ name: String) -> SessionID {
    let other = chat.login(name)
    _ = chat.send("/create den --open", from: alice)
    _ = chat.send("/join den", from: other)
    return other
  }

  /// Restricts bob with a control request, or with a command from alice.
  mutating func enforceBan(_ reason: String) {
    let bob = Name("bob")!
    switch reason {
    case "users mute": _ = chat.control(.usersMute(bob, ControlTerms()))
    case "users ban": _ = chat.control(.usersBan(bob, ControlTerms()))
    case "bans add": _ = chat.control(.bansAdd(.addresses(AddressBlock("192.0.2.9")!), ControlTerms()))
    case "users disable": _ = chat.control(.usersDisable(bob, reason: nil))
    case "users delete": _ = chat.control(.usersDelete(bob))
    default: _ = chat.send(reason, from: alice)
    }
  }

  /// Starts a download and returns its connection.
  mutating func fetch(_ file: MessageID, by id: SessionID) -> SessionID {
    _ = chat.send("/get \(file)", from: id)
    let ticket = chat.apply(.fileChecked(id, .bytes(5))).tickets[0]
    let down = begin("/take \(ticket)").id
    _ = chat.apply(.fileChecked(down, .bytes(5)))
    return down
  }

  /// Shares a file and returns its id.
  mutating func share(_ name: String = "plan.pdf", size: UInt64 = 5, by id: SessionID? = nil) -> MessageID {
    let offered = offer("/offer \(size) 7 \(name)", by: id)
    let upload = begin("/put \(offered.tickets[0])")
    _ = chat.apply(.transferEnded(upload.id, .done))
    return offered.transfers.first?.file ?? upload.effects.transfers[0].file
  }
}

extension [Effect] {
  var transfers: [Transfer] {
    compactMap { if case .beginTransfer(_, let transfer) = $0 { transfer } else { nil } }
  }

  var tickets: [String] {
    compactMap { effect in
      guard case .replyWithAddress(let reply, _) = effect else { return nil }
      return switch reply.result {
      case .offered(let offered): offered.ticket.exposed
      case .fetch(let fetched): fetched.ticket.exposed
      default: nil
      }
    }
  }

  var offsets: [UInt64] {
    compactMap { effect in
      if case .replyWithAddress(let reply, _) = effect, case .offered(let offered) = reply.result {
        offered.offset
      } else {
        nil
      }
    }
  }

  var closed: [SessionID] { compactMap { if case .close(let id) = $0 { id } else { nil } } }
  var cut: [SessionID] { compactMap { if case .cutTransfer(let id) = $0 { id } else { nil } } }
  var discarded: [MessageID] { compactMap { if case .discardFile(let id) = $0 { id } else { nil } } }
  var files: [SharedFile] {
    compactMap { if case .send(.file(let file), _) = $0 { file } else { nil } }
  }
}
