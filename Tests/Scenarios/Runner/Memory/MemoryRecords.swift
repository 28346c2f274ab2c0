import ChatCore
import ChatProtocol

/// Replaces the files of a server: keeps the core's records as values, and gives them to the next core.
struct MemoryRecords {
  let settings: Settings
  let motd: [String]
  /// The messages that were logged, oldest first.
  var past: [PastMessage] = []
  /// The private ones, with the recipient as the room.
  var privatePast: [PastMessage] = []
  private var pasts: [Name: MessageID] = [:]
  private var accounts: [Account] = []
  private var rooms: [RoomRecord] = []
  private var users: [UserState] = []
  private var mail: [Mail] = []
  private var restrictions: [Restriction] = []
  private var files: [FileRecord] = []
  private var counts: MessageCounts?
  private var nextID: MessageID = 1

  init(_ scenario: Scenario) throws {
    settings = try Settings(scenario)
    motd = scenario.motd
    accounts = try scenario.accounts.map(Account.init)
  }

  var initialState: InitialState {
    InitialState(
      settings: settings, motd: motd, accounts: Accounts(accounts), rooms: rooms, users: PackedTable(users), mail: mail,
      restrictions: restrictions, files: files, pasts: pasts, nextID: max(nextID, (past.last?.message.id ?? 0) + 1),
      counts: counted, decoyHash: "$none$")
  }

  /// With the messages that were logged since the counts were recorded.
  private var counted: MessageCounts? {
    guard var counts else { return nil }
    let messages = past.map(\.message).filter { message in
      message.id >= rooms.first { $0.name == message.room }?.firstID ?? 0
    }
    counts.count(messages.map { ($0.id, $0.room) })
    return counts
  }

  mutating func apply(_ record: Record) {
    switch record {
    case .account(let account, _):
      accounts.removeAll { $0.name == account.name }
      accounts.append(account)
    case .accountRemoved(let account): accounts.removeAll { $0.name == account.name }
    case .room(let room, _):
      rooms.removeAll { $0.name == room.name }
      rooms.append(room)
    case .roomRemoved(let room): rooms.removeAll { $0.name == room.name }
    case .user(let change):
      var user = users.first { $0.name == change.name } ?? UserState(name: change.name)
      user.apply(change)
      users.removeAll { $0.name == user.name }
      users.append(user)
    case .userRemoved(let name):
      users.removeAll { $0.name == name }
      mail.removeAll { $0.message.to == name }
    case .mail(let message):
      mail.append(message)
      nextID = max(nextID, message.message.id + 1)
    case .counts(let later):
      counts = counts ?? MessageCounts(upTo: 0)
      counts!.apply(later)
    case .restriction(let restriction, _):
      restrictions.removeAll { $0.key == restriction.key }
      restrictions.append(restriction)
    case .restrictionRemoved(let restriction): restrictions.removeAll { $0.key == restriction.key }
    case .file(let file, _):
      files.removeAll { $0.id == file.id }
      files.append(file)
      nextID = max(nextID, file.id + 1)
    case .fileRemoved(let file): files.removeAll { $0.id == file.id }
    case .pastBegins(let name, let id): pasts[name] = id
    case .clock, .edited: break
    case .mailRead(let name, let last): mail.removeAll { $0.message.to == name && $0.message.id <= last }
    }
  }

  /// The result of a history query, found by testing every message.
  func page(_ query: HistoryQuery) -> HistoryResult {
    var query = query
    if let time = query.time {
      let id = past.first { $0.time >= time }?.message.id ?? query.before
      switch query.page {
      case .last, .found: query.olderThan = id
      case .since: query.page = .since(id - 1)
      case .around: query.page = .around(id)
      }
    }
    let (log, names): ([PastMessage], [[Name]]) =
      switch query.past {
      case .room: (past, [])
      case .conversation(of: let user, with: let other): (privatePast, [[user, other], [other, user]])
      }
    let all = log.filter {
      (query.past == .room($0.message.room) || names.contains([$0.message.from, $0.message.room]))
        && $0.message.id < min(query.before, query.olderThan ?? .max)
        && $0.message.id >= (query.firstID ?? 0) && !query.ignored.contains($0.message.from)
    }
    func last(_ count: Int, of messages: [PastMessage]) -> HistoryResult {
      let page = messages.suffix(count)
      return .messages(Array(page), more: messages.count > count ? .before(page[page.startIndex].message.id) : nil)
    }
    switch query.page {
    case .last(let count): return last(count, of: all)
    case .found(let text):
      return last(HistoryQuery.messagesMax, of: all.filter { FoldedText(text).occurs(in: $0.message.text) })
    case .around(let id):
      let half = HistoryQuery.aroundMax / 2
      let past = all.filter { $0.message.id < id }
      let older = past.suffix(half)
      let newer = all.filter { $0.message.id >= id }
      let since = newer.count > half ? newer[half - 1].message.id : nil
      return .messages(
        Array(older) + newer.prefix(half),
        more: Continuation(before: past.count > half ? older.first!.message.id : nil, since: since))
    case .since(let id):
      let later = all.filter { $0.message.id > id }
      let page = later.prefix(HistoryQuery.messagesMax)
      return .messages(
        Array(page), more: later.count > page.count ? .since(page[page.endIndex - 1].message.id) : nil)
    }
  }

  // MARK: - Passwords

  /// Not a real hash, because those are slow by design.
  static func hash(_ secret: Secret) -> String { "$scenario$\(secret.exposed)" }

  static func isPassword(_ secret: Secret, of hash: String) -> Bool {
    hash == MemoryRecords.hash(secret) || hash == "plain:\(secret.exposed)"
  }
}

/// A scenario with an unknown setting or an invalid name.
struct ScenarioError: Error, CustomStringConvertible {
  var description: String
}

extension Settings {
  init(_ scenario: Scenario) throws {
    self.init()
    for (name, value) in scenario.settings {
      if let bound = Settings.bounds.first(where: { $0.name == name }) {
        self[keyPath: bound.path] = value
      } else if let setting = Settings.switches.first(where: { $0.name == name }) {
        self[keyPath: setting.path] = value != 0
      } else {
        throw ScenarioError(description: "\(scenario.path): there is no setting \(name)")
      }
    }
  }
}

extension Account {
  init(_ given: Scenario.GivenAccount) throws {
    guard let name = Name(given.name) else { throw ScenarioError(description: "\(given.name) is no name") }
    self.init(
      name: name, password: "plain:\(given.password)", role: given.isOperator ? .operator : .user,
      status: given.isDisabled ? .disabled : .active, email: given.email.flatMap { EmailAddress($0) })
  }
}
