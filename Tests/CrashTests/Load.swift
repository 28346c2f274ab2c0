import JSON
import POSIX
import Synchronization
import TestSupport

/// Runs an action after a number of acknowledgements to all clients, and then kills the server.
final class Trigger: Sendable {
  private let left: Atomic<Int>
  private let server: CrashServer
  private let before: @Sendable ([Ledger]) -> Void
  /// The number of acknowledgements between the action and the kill.
  private let more: Int
  private let isDone = Atomic<Bool>(false)
  private let ledgers = Mutex<[String: Ledger]>([:])

  /// `before` gets the acknowledgements so far; the other clients continue meanwhile.
  init(
    after count: Int, more: Int = 0, _ server: CrashServer, before: @escaping @Sendable ([Ledger]) -> Void = { _ in }
  ) {
    left = Atomic(count)
    self.more = more
    self.server = server
    self.before = before
  }

  func acknowledged(_ ledger: Ledger) {
    ledgers.withLock { $0[ledger.prefix] = ledger }
    guard left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    if isDone.exchange(true, ordering: .acquiringAndReleasing) { return fire() }
    before(ledgers.withLock { Array($0.values) })
    if more == 0 { fire() } else { left.store(more, ordering: .releasing) }
  }

  func fire() { server.kill() }
}

/// A client that sends random commands until the server dies and records the answers.
struct Load {
  var ledger: Ledger
  private var random: SeededRandom
  private let trigger: Trigger
  private var name = ""
  private var inbox: [Int] = []

  init(_ ledger: Ledger, seed: UInt64, _ trigger: Trigger) {
    self.ledger = ledger
    random = SeededRandom(seed: seed)
    self.trigger = trigger
  }

  mutating func run(port: UInt16) throws {
    do {
      let conversation = try Conversation(port: port)
      defer {
        conversation.drain()
        book(conversation.takeTold())
      }
      try logIn(conversation)
      while true {
        try act(conversation)
        book(conversation.takeTold())
      }
    } catch is Conversation.Lost {}
  }

  private mutating func logIn(_ conversation: Conversation) throws {
    if let known = ledger.accounts.keys.sorted().randomElement(using: &random),
      Int.random(in: 0..<3, using: &random) > 0
    {
      name = known
      _ = try expect(conversation.ask("/login \(known) \(ledger.accounts[known]!.password)"))
    } else {
      name = ledger.newName()
      let password = newPassword()
      ledger.doubt = .register(name: name, password: password)
      _ = try expect(conversation.ask("/register \(name) \(password)"))
      ledger.accounts[name] = Ledger.Account(password: password)
      acknowledged()
    }
    _ = try expect(conversation.ask("/ping in"))
    inbox = conversation.told.filter { $0["event"]?.string == "private" }.compactMap { $0["id"]?.int }
  }

  private mutating func act(_ conversation: Conversation) throws {
    let rooms = ledger.accounts[name]!.rooms
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<3:
      let new = newPassword()
      ledger.doubt = .changePassword(name: name, new: new)
      _ = try expect(conversation.ask("/passwd \(ledger.accounts[name]!.password) \(new)"))
      ledger.accounts[name]!.password = new
    case 3..<13:
      let room = ledger.newName()
      ledger.doubt = .create(name: name, room: room)
      _ = try expect(conversation.ask("/create \(room) --open"))
      ledger.accounts[name]!.rooms.append(room)
      ledger.topics[room] = ""
    case 13..<25:
      guard let room = rooms.last else { return }
      let text = newText()
      ledger.doubt = .topic(room: room, text: text)
      _ = try expect(conversation.ask("/switch \(room)"))
      _ = try expect(conversation.ask("/topic \(text)"))
      ledger.topics[room] = text
    case 25..<45:
      guard let to = ledger.accounts.keys.filter({ $0 != name }).sorted().randomElement(using: &random) else { return }
      let text = newText()
      ledger.doubt = .write(to: to, text: text)
      let id = try require(expect(conversation.ask("/msg \(to) \(text)"))["id"]?.int)
      ledger.accounts[to]!.unread[id] = text
      ledger.privateIDs.insert(id)
    case 45..<50:
      guard let id = inbox.randomElement(using: &random) else { return }
      ledger.doubt = .read(name: name, upTo: id)
      _ = try expect(conversation.ask("/read \(id)"))
      ledger.accounts[name]!.noteRead(upTo: id)
    default:
      let room = (rooms + ["lobby"]).randomElement(using: &random)!
      ledger.doubt = .say(room: room)
      book([try expect(conversation.ask("/say \(room) \(newText())"))])
    }
    acknowledged()
  }

  private mutating func acknowledged() {
    ledger.doubt = nil
    trigger.acknowledged(ledger)
  }

  /// Room messages, its own and those of others, are in the log before any client gets them.
  private mutating func book(_ events: [JSONValue]) {
    for event in events where event["event"]?.string == "message" {
      guard let id = event["id"]?.int, let room = event["room"]?.string, let from = event["from"]?.string,
        let text = event["text"]?.string
      else { continue }
      ledger.messages.insert(Ledger.Message(id: id, room: room, from: from, text: text))
    }
  }

  private mutating func newPassword() -> String { "secret-\(random.next())" }

  /// A text with characters that are hard for file formats.
  private mutating func newText() -> String {
    let pieces = ["plain", "a \"quoted\" word", "back\\slash", "comma, and; more", "ümläut 🐟", "{\"json\":1}"]
    return "\(random.next()) \(pieces.randomElement(using: &random)!)"
  }
}

extension Ledger.Account {
  mutating func noteRead(upTo id: Int) {
    for old in unread.keys where old <= id {
      unread[old] = nil
      read.insert(old)
    }
  }
}

/// The reply, which must not be an error.
func expect(_ answer: JSONValue) throws -> JSONValue {
  if answer["event"]?.string == "error" {
    throw TestFailure("refused: \(String(decoding: answer.compact, as: UTF8.self))")
  }
  return answer
}

func require<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw TestFailure("the answer lacks something") }
  return value
}
