import JSON

/// Compares the data after a crash with what was acknowledged, and finds out whether unanswered operations took effect.
struct Verification {
  let port: UInt16
  /// The greatest id that any client has seen, and all ids seen before this crash.
  var greatestID: Int
  private(set) var faults: [String] = []

  init(port: UInt16, greatestID: Int) {
    self.port = port
    self.greatestID = greatestID
  }

  mutating func check(_ ledgers: inout [Ledger]) throws {
    checkIDs(ledgers)
    for index in ledgers.indices {
      try settleRegistration(&ledgers[index])
      for name in ledgers[index].accounts.keys.sorted() { try check(name, &ledgers[index]) }
      try checkRooms(&ledgers[index])
      ledgers[index].doubt = nil
    }
    try checkPast(Array(Set(ledgers.flatMap(\.messages))))
    for index in ledgers.indices {
      ledgers[index].messages = []
      ledgers[index].privateIDs = []
    }
  }

  private mutating func fault(_ text: String) { faults.append(text) }

  /// Ids since the last start are greater than all earlier ones, and none is used twice.
  private mutating func checkIDs(_ ledgers: [Ledger]) {
    var owners: [Int: Ledger.Message] = [:]
    let before = greatestID
    for message in ledgers.flatMap(\.messages) {
      if let other = owners[message.id], other != message { fault("one id for two messages: \(message), \(other)") }
      owners[message.id] = message
    }
    let given = ledgers.flatMap(\.privateIDs) + Array(owners.keys)
    if Set(given).count != given.count { fault("an id was given to a private message and another") }
    for id in given where id <= before { fault("the id \(id) was given out before; the greatest was \(before)") }
    greatestID = max(before, given.max() ?? 0)
  }

  // MARK: Accounts

  private func login(_ name: String, _ password: String) throws -> (Conversation, JSONValue)? {
    let conversation = try Conversation(port: port)
    let answer = try conversation.ask("/login \(name) \(password)")
    return answer["event"]?.string == "ok" ? (conversation, answer) : nil
  }

  private func settleRegistration(_ ledger: inout Ledger) throws {
    guard case .register(let name, let password) = ledger.doubt, try login(name, password) != nil else { return }
    ledger.accounts[name] = Ledger.Account(password: password)
  }

  private mutating func check(_ name: String, _ ledger: inout Ledger) throws {
    var entered = try login(name, ledger.accounts[name]!.password)
    if entered == nil, case .changePassword(name, let new) = ledger.doubt {
      entered = try login(name, new)
      ledger.accounts[name]!.password = new
    }
    guard let (conversation, answer) = entered else {
      fault("\(name) cannot log in: the account or its password is lost")
      return
    }
    let rooms = (answer["rooms"]?.array ?? []).compactMap(\.string)
    for room in ledger.accounts[name]!.rooms where !rooms.contains(room) { fault("\(name) is not in \(room)") }
    if case .create(name, let room) = ledger.doubt, rooms.contains(room) {
      ledger.accounts[name]!.rooms.append(room)
      ledger.topics[room] = ""
    }
    _ = try conversation.ask("/ping in")
    checkMail(name, conversation.takeTold().filter { $0["event"]?.string == "private" }, &ledger)
  }

  private mutating func checkMail(_ name: String, _ mail: [JSONValue], _ ledger: inout Ledger) {
    var found: [Int: String] = [:]
    for message in mail { found[message["id"]?.int ?? 0] = message["text"]?.string ?? "" }
    if found.count != mail.count { fault("\(name) got a private message twice in one login") }
    if case .read(name, let id) = ledger.doubt, !found.keys.contains(where: { $0 <= id }) {
      ledger.accounts[name]!.noteRead(upTo: id)
    }
    let account = ledger.accounts[name]!
    for (id, text) in account.unread where found[id] != text {
      fault("\(name) lost the private message \(id): \(text)")
    }
    for (id, text) in found where account.unread[id] == nil {
      if account.read.contains(id) {
        fault("\(name) got the private message \(id) again, which was read")
      } else if case .write(name, text) = ledger.doubt {
        ledger.accounts[name]!.unread[id] = text
        // The id is used, although no client has seen it.
        greatestID = max(greatestID, id)
      } else {
        fault("\(name) got a private message \(id) that nobody wrote: \(text)")
      }
    }
  }

  // MARK: Rooms

  private mutating func checkRooms(_ ledger: inout Ledger) throws {
    let conversation = try Conversation(port: port)
    _ = try expect(conversation.ask("/guest checker"))
    let listed = try expect(conversation.ask("/rooms"))["rooms"]?.array ?? []
    var topics: [String: String] = [:]
    for room in listed { topics[room["name"]?.string ?? ""] = room["topic"]?.string }
    for (room, topic) in ledger.topics {
      guard let found = topics[room] else {
        fault("the room \(room) is lost")
        continue
      }
      if found == topic { continue }
      if case .topic(room, found) = ledger.doubt {
        ledger.topics[room] = found
      } else {
        fault("the topic of \(room) is \"\(found)\" and not \"\(topic)\"")
      }
    }
    _ = try conversation.ask("/quit")
    conversation.drain()
  }

  private mutating func checkPast(_ messages: [Ledger.Message]) throws {
    let conversation = try Conversation(port: port)
    _ = try expect(conversation.ask("/guest checker"))
    for (room, expected) in Dictionary(grouping: messages, by: \.room) {
      var found: Set<Ledger.Message> = []
      var since = expected.map(\.id).min()! - 1
      var hasMore = true
      while hasMore {
        let page = try expect(conversation.ask("/history \(room) since \(since)"))
        hasMore = page["more"]?.bool == true
        for message in page["messages"]?.array ?? [] {
          guard let id = message["id"]?.int, let from = message["from"]?.string, let text = message["text"]?.string
          else { continue }
          if id <= since { fault("the ids in the past of \(room) do not grow: \(id) after \(since)") }
          since = id
          found.insert(Ledger.Message(id: id, room: room, from: from, text: text))
        }
        greatestID = max(greatestID, since)
      }
      for message in expected where !found.contains(message) { fault("lost from the past: \(message)") }
    }
    _ = try conversation.ask("/quit")
    conversation.drain()
  }
}
