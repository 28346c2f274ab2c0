import ChatCore
import ChatProtocol

/// What the files of a folder say.
struct FolderContent {
  var accounts: Accounts = []
  var rooms: [RoomRecord] = []
  var users: PackedTable<UserState> = []
  /// Unread messages by recipient; no empty lists.
  var mail: [Name: [Mail]] = [:]
  var restrictions: [Restriction.Key: Restriction] = [:]
  var files: [MessageID: FileRecord] = [:]
  var counts: MessageCounts?
  /// As in `Record.pastBegins`.
  var pasts: [Name: MessageID] = [:]

  /// In the order of their ids.
  var sortedFiles: [FileRecord] { files.values.sorted { $0.id < $1.id } }
}

/// Applies the journal to the content of the files, where they do not show it yet.
///
/// The changes of one row form a chain: each has the digest of the row before it and the row after it. The position of the file's
/// row in the chain tells which changes it lacks: those behind its last position. A row that is not in the chain was edited by
/// hand after the crash, and stays. Changes that the file has shown remain in the chain for as long as an edit of an older
/// version may have undone them.
struct JournalReplay {
  private(set) var content: FolderContent
  /// Removed files, whose content may still exist.
  private(set) var goneFiles: [MessageID] = []
  /// The records that bring the documents to the same state.
  private(set) var records: [Record] = []
  private(set) var notices: [StoreNotice] = []
  /// Every id below this may have been issued.
  private(set) var lease: MessageID = 0

  /// How the wall clock was set last, and when that was recorded.
  private(set) var clock: (entry: ClockEntry, saved: Timestamp)?

  /// The keys of rows that were added lately: an editor may have read the file without them.
  func recentAdditions(to file: JournaledFile) -> [String] {
    namedChains(of: file).filter(\.chain.isAddition).map(\.name.key)
  }

  private var chains: [JournalChain] = []
  private var steps: [StateStep] = []

  /// A change of `state.json` that may be applied twice.
  private struct StateStep {
    var number: UInt64
    var line: JournalLine
    var name: Name
  }

  init(_ contents: JournalContents, _ content: FolderContent) {
    self.content = content
    sort(contents)
    replayAccounts()
    replayRooms()
    replayState()
    replayRestrictions()
    replayFiles()
  }

  /// Sorts the lines by the rows they change, without those that the files show and no edit can have undone.
  private mutating func sort(_ contents: JournalContents) {
    var covered: [JournaledFile: UInt64] = [:]
    var settled: UInt64 = 0
    for line in contents.lines.lazy.map(\.line) {
      switch line {
      case .covered(let numbers): covered.merge(numbers, uniquingKeysWith: max)
      case .settled(let number): settled = max(settled, number)
      default: break
      }
    }
    var index: [JournalChain.Key: Int] = [:]
    for (number, line) in contents.lines.lazy.map({ ($0.number, $0.line) }) {
      switch line {
      case .change(let file, let rowKey, let was, let row):
        let isCovered = number <= covered[file] ?? 0
        guard !isCovered || (file == .users || file == .rooms) && number > settled else { continue }
        chains[chain(of: file, rowKey, &index)].append(number, was: was, row: row, isCovered: isCovered)
      case .roomChange(let change, let was, let became):
        let isCovered = number <= covered[.rooms] ?? 0
        guard !isCovered || number > settled else { continue }
        chains[chain(of: .rooms, .name(change.name), &index)].append(
          number, was: was, became: became, change, isCovered: isCovered)
      case .user(let change): steps.append(StateStep(number: number, line: line, name: change.name))
      case .userRemoved(let name), .read(let name, _):
        steps.append(StateStep(number: number, line: line, name: name))
      case .mail(let unread): steps.append(StateStep(number: number, line: line, name: unread.message.to))
      case .counts(let counts):
        guard number > covered[.state] ?? 0 else { break }
        content.counts = content.counts ?? MessageCounts(upTo: 0)
        content.counts!.apply(counts)
        records.append(.counts(counts))
      case .clock(let entry, let saved):
        if entry.steps.count > clock?.entry.steps.count ?? -1 { clock = (entry, saved) }
      case .past(let name, let id):
        if content.pasts[name] ?? 0 < id {
          content.pasts[name] = id
          records.append(.pastBegins(name, at: id))
        }
      case .lease(let id): lease = max(lease, id)
      case .covered, .settled: break
      }
    }
    steps.removeAll { $0.number <= covered[.state] ?? 0 }
  }

  private mutating func chain(
    of file: JournaledFile, _ row: JournalKey, _ index: inout [JournalChain.Key: Int]
  ) -> Int {
    let key = JournalChain.Key(file: file, row: row)
    if let chain = index[key] { return chain }
    index[key] = chains.count
    chains.append(JournalChain(key: key))
    return chains.count - 1
  }

  // MARK: Rows

  private mutating func replayAccounts() {
    var applied: [Account] = []
    for (name, chain) in namedChains(of: .users) {
      let present = content.accounts[name]
      guard note(chain, present.map { .account($0) }) else { continue }
      if case .account(let account) = chain.row(from: present.map { .account($0) }) {
        applied.append(account)
      } else if let present {
        records.append(.accountRemoved(was: present))
      }
      // All are removed first, so that their addresses are free.
      content.accounts.remove(name)
    }
    for account in applied { add(account) }
  }

  /// An address that was given to another account by hand stays there: a file with two accounts of one address is invalid.
  private mutating func add(_ account: Account) {
    var account = account
    if let email = account.email, content.accounts[email] != nil {
      account.email = nil
      notices.append(.addressDropped(user: account.name.text))
    }
    content.accounts.set(account)
    records.append(.account(account, was: nil))
  }

  private mutating func replayRooms() {
    let changed = namedChains(of: .rooms)
    if changed.isEmpty { return }
    let positions = Self.positions(of: changed.map(\.name), in: content.rooms.lazy.map(\.name))
    var removed: Set<Int> = []
    for (name, chain) in changed {
      let position = positions[name]
      guard note(chain, position.map { .room(content.rooms[$0]) }) else { continue }
      switch (chain.row(from: position.map { .room(content.rooms[$0]) }), position) {
      case (.room(let room), let position):
        if let position { content.rooms[position] = room } else { content.rooms.append(room) }
        records.append(.room(room, was: nil))
      case (nil, let position?):
        removed.insert(position)
        records.append(.roomRemoved(was: content.rooms[position]))
      default: break
      }
    }
    content.rooms.remove(at: removed)
  }

  // MARK: State

  private mutating func replayState() {
    // With an entry its messages were removed; later ones belong to the next owner of the name.
    var removals: [Name: UInt64] = [:]
    for (name, chain) in namedChains(of: .state) {
      let present = content.users[name]
      removals[name] = chain.lastRemoval
      let lacksChange = note(chain, present.map { .user($0) })
      // Messages after the removal are in the journal behind it, and are restored below.
      if let present, chain.removes(.user(present)) {
        records.append(.userRemoved(present.name))
        removeUser(name)
      }
      guard lacksChange else { continue }
      if case .user(let user) = chain.row(from: present.map { .user($0) }) {
        records.append(.user(UserChange(from: content.users[name] ?? UserState(name: name), to: user)))
        content.users.set(user)
      } else {
        removeUser(name)
      }
    }
    for step in steps where step.number > removals[step.name] ?? 0 { replay(step) }
  }

  private mutating func removeUser(_ name: Name) {
    content.users.remove(name)
    content.mail[name] = nil
  }

  private mutating func replay(_ step: StateStep) {
    switch step.line {
    case .mail(let unread):
      if content.mail[step.name]?.contains(where: { $0.message.id == unread.message.id }) == true { return }
      if content.users[step.name] == nil { content.users.set(UserState(name: step.name)) }
      content.mail[step.name, default: []].append(unread)
      records.append(.mail(unread))
    case .read(let name, let id):
      guard content.mail[name]?.contains(where: { $0.message.id <= id }) == true else { return }
      content.mail[name]?.removeAll { $0.message.id <= id }
      if content.mail[name]?.isEmpty == true { content.mail[name] = nil }
      records.append(.mailRead(by: name, upTo: id))
    case .user(let change):
      var user = content.users[step.name] ?? UserState(name: change.name)
      user.apply(change)
      content.users.set(user)
      records.append(.user(change))
    case .userRemoved(let name):
      guard content.users[name] != nil || content.mail[name] != nil else { return }
      removeUser(name)
      records.append(.userRemoved(name))
    default: break
    }
  }

  private mutating func replayRestrictions() {
    for chain in chains {
      guard case .restriction(let key) = chain.key.row else { continue }
      let present = content.restrictions[key]
      guard note(chain, present.map { .restriction($0) }) else { continue }
      if case .restriction(let restriction) = chain.row(from: present.map { .restriction($0) }) {
        content.restrictions[key] = restriction
        records.append(.restriction(restriction, was: nil))
      } else if let removed = content.restrictions.removeValue(forKey: key) {
        records.append(.restrictionRemoved(was: removed))
      }
    }
  }

  // MARK: Files

  private mutating func replayFiles() {
    for (name, chain) in namedChains(of: .files) {
      guard let id = MessageID(name.text) else { continue }
      let present = content.files[id].map { JournalRow.file($0) }
      defer { if chain.endsWithRemoval, content.files[id] == nil { goneFiles.append(id) } }
      guard note(chain, present) else { continue }
      if case .file(let file) = chain.row(from: present) {
        content.files[id] = file
        records.append(.file(file, was: nil))
      } else if let removed = content.files.removeValue(forKey: id) {
        records.append(.fileRemoved(was: removed))
      }
    }
  }

  // MARK: Chains

  private func namedChains(of file: JournaledFile) -> [(name: Name, chain: JournalChain)] {
    chains.compactMap { chain in
      guard chain.key.file == file, case .name(let name) = chain.key.row else { return nil }
      return (name, chain)
    }
  }

  /// Whether the row in the file lacks changes of the chain. Adds a notice where a hand edit matters.
  private mutating func note(_ chain: JournalChain, _ present: JournalRow?) -> Bool {
    let present = present ?? .absent(chain.key.row, in: chain.key.file)
    let (file, key) = (chain.key.file.rawValue, chain.key.row.text)
    switch chain.position(of: present) {
    case .complete: return false
    case .behind:
      if chain.lacksCovered(present) { notices.append(.changesRestored(file: file, key: key)) }
      return true
    case .edited:
      if chain.uncoveredCount > 0 {
        notices.append(.changesDropped(file: file, key: key, changes: chain.uncoveredCount))
      }
      return false
    }
  }

  /// The positions of these names in a long list.
  private static func positions(of names: [Name], in all: some Sequence<Name>) -> [Name: Int] {
    let wanted = Set(names)
    var positions: [Name: Int] = [:]
    for (position, name) in all.enumerated() where wanted.contains(name) { positions[name] = position }
    return positions
  }
}

extension Array {
  fileprivate mutating func remove(at positions: Set<Int>) {
    if positions.isEmpty { return }
    self = indices.filter { !positions.contains($0) }.map { self[$0] }
  }
}

/// The changes of one row, in order.
struct JournalChain {
  struct Key: Hashable {
    var file: JournaledFile
    var row: JournalKey
  }

  /// The position of the file's row in the chain.
  enum Position {
    /// The last.
    case complete
    /// Before the last.
    case behind
    /// The row is not in the chain.
    case edited
  }

  private enum Result {
    case row(JournalRow?)
    case change(RoomChange)
  }

  private struct Step {
    var number: UInt64
    var was: Digest?
    var became: Digest?
    var result: Result
    /// Whether the file has shown it.
    var isCovered: Bool
    var isRemoval: Bool { if case .row(nil) = result { true } else { false } }
  }

  let key: Key
  private var steps: [Step] = []

  init(key: Key) { self.key = key }

  /// Whether the first change added the row.
  var isAddition: Bool { steps.first.map { $0.was == nil } ?? false }
  /// How many changes the file has not shown yet.
  var uncoveredCount: Int { steps.count { !$0.isCovered } }
  /// Whether the last change removed the row.
  var endsWithRemoval: Bool { steps.last?.isRemoval == true }
  /// The number of the last change that removed the row; 0 where none did.
  var lastRemoval: UInt64 { steps.last { $0.isRemoval }?.number ?? 0 }

  mutating func append(_ number: UInt64, was: Digest?, row: JournalRow?, isCovered: Bool) {
    let after = row ?? .absent(key.row, in: key.file)
    steps.append(Step(number: number, was: was, became: after?.digest, result: .row(row), isCovered: isCovered))
  }

  mutating func append(_ number: UInt64, was: Digest, became: Digest, _ change: RoomChange, isCovered: Bool) {
    steps.append(Step(number: number, was: was, became: became, result: .change(change), isCovered: isCovered))
  }

  /// Applies the changes that the file's row lacks; nil where the last one removed the row.
  func row(from present: JournalRow?) -> JournalRow? {
    let lacking = firstLacking(present ?? .absent(key.row, in: key.file)) ?? steps.count
    var row = present
    for step in steps[lacking...] {
      switch step.result {
      case .row(let whole): row = whole
      case .change(let change):
        guard case .room(let room) = row ?? .absent(key.row, in: key.file) else { continue }
        row = .room(change.applied(to: room))
      }
    }
    return row
  }

  func position(of present: JournalRow?) -> Position {
    guard let lacking = firstLacking(present) else { return .edited }
    return lacking == steps.count ? .complete : .behind
  }

  /// Whether the row, which is behind, lacks a change that the file has shown.
  func lacksCovered(_ present: JournalRow?) -> Bool {
    firstLacking(present).map { steps[$0...].contains { $0.isCovered } } ?? false
  }

  /// Whether one of the changes that the row may lack removes it. An empty entry with messages has the same digest before and
  /// after its removal.
  func removes(_ present: JournalRow?) -> Bool {
    guard let lacking = firstLacking(present) else { return false }
    return steps[max(0, lacking - 1)...].contains { $0.isRemoval }
  }

  /// The first change behind the row's last position; nil where it is not in the chain.
  private func firstLacking(_ present: JournalRow?) -> Int? {
    let digest = present?.digest
    // Where the row had the same value twice, the later one counts.
    for index in steps.indices.reversed() {
      if steps[index].became == digest { return index + 1 }
      if steps[index].was == digest { return index }
    }
    return nil
  }
}
