package import ChatCore
import ChatProtocol
import JSON
import POSIX

/// `state.json`: when it was saved, the greatest issued id, bans and mutes, and an entry for each user.
struct StateDocument: EntriesDocument {
  static let appliesEdits = false

  /// The members beside the lists.
  struct Head: Equatable, Sendable {
    /// When the file was written.
    var saved: Timestamp?
    /// Whether it was written by a normal shutdown.
    var isClean = false
    /// The greatest id that may have been issued; 0 before the first.
    var id: MessageID = 0
    var clock = ClockEntry()
    /// As in `Record.pastBegins`.
    var pasts: [Name: MessageID] = [:]
  }

  var entries: NamedEntries<StateEntry>
  /// Set before each write; it does not mark the file as changed.
  var head = Head()
  /// nil where no read mark was ever set.
  private(set) var counts: MessageCounts?
  private(set) var restrictions = RestrictionEntries()
  private var isHeadChanged = false
  private var areCountsChanged = false

  private static let list = "users"

  init() {
    entries = NamedEntries(list: Self.list)
    writeHead()
  }

  /// The document and its errors; calls `take` with each entry. With errors both are invalid.
  static func read(_ bytes: [UInt8], file: String, take: (StateEntry) -> Void) -> (StateDocument, [FileError]) {
    var document = StateDocument()
    let (entries, errors) = NamedEntries<StateEntry>.read(bytes, list: list, file: file, take: take)
    document.entries = entries
    let headErrors = document.readHead(file: file)
    let restrictionErrors = document.restrictions.read(document.entries.list, file: file)
    return (document, (errors + headErrors + restrictionErrors).inOrder)
  }

  private mutating func readHead(file: String) -> [FileError] {
    var errors: [FileError] = []
    func read<Value>(_ key: String, _ problem: String, _ convert: (JSONValue) -> Value?) -> Value? {
      guard let (value, line) = entries.list.value(of: key), !value.isNull || key == "clean" || key == "id" else {
        return nil
      }
      if let value = convert(value) { return value }
      errors.append(FileError(file: file, line: line, problem: problem))
      return nil
    }
    let time = "the time in \"saved\" is not valid; \(WrittenTime.rule), or leave it empty"
    head.saved = read("saved", time) { $0.string.flatMap { Timestamp(written: $0) } }
    head.clock = read("clock", ClockEntry.problem) { ClockEntry.read($0) } ?? ClockEntry()
    head.isClean = read("clean", "\"clean\" must be true or false; write false") { $0.bool } ?? false
    let id =
      "\"id\" must be a whole number from 0 to \(MessageID.greatest); write the greatest message id that was ever issued"
    head.id =
      read("id", id) { value in value.int.flatMap { (0...Int(MessageID.greatest)).contains($0) ? MessageID($0) : nil } }
      ?? 0
    if let (value, line) = entries.list.value(of: "counts"), !value.isNull {
      let (counts, problems) = MessageCounts.read(value, file: file, linesBefore: line - value.line)
      self.counts = counts
      errors += problems
    }
    let pasts =
      "\"first_ids\" must be an object of names and ids, such as {\"bob\": 51}; remove it only if no account was ever "
      + "removed: a new one of the name would read the private messages of the old one"
    head.pasts = read("first_ids", pasts) { Self.readPasts($0) } ?? [:]
    return errors
  }

  private static func readPasts(_ value: JSONValue) -> [Name: MessageID]? {
    guard let members = value.members else { return nil }
    var pasts: [Name: MessageID] = [:]
    for member in members {
      guard let name = Name(member.name), let id = member.value.int, (1...Int(MessageID.greatest) + 1).contains(id)
      else { return nil }
      pasts[name] = max(pasts[name] ?? 0, MessageID(id))
    }
    return pasts
  }

  private mutating func writeHead() {
    entries.set("saved", .text(head.saved?.description))
    entries.set("clean", .bool(head.isClean))
    entries.set("id", .int(head.id))
    if areCountsChanged, let counts { entries.set("counts", counts.json) }
    areCountsChanged = false
    if head.clock != ClockEntry() { entries.set("clock", head.clock.json) }
    if !head.pasts.isEmpty {
      let members = head.pasts.sorted { $0.key < $1.key }.map { JSONMember(name: $0.key.text, value: .int($0.value)) }
      entries.set("first_ids", .object(members))
    }
  }

  var warnings: [FileError] { entries.warnings + restrictions.warnings }

  var isChanged: Bool { entries.isChanged || restrictions.isChanged || isHeadChanged }

  mutating func set(_ steps: ClockSteps) {
    head.clock.steps = steps
    isHeadChanged = true
  }

  mutating func apply(_ counts: MessageCounts) {
    self.counts = self.counts ?? MessageCounts(upTo: 0)
    self.counts!.apply(counts)
    (isHeadChanged, areCountsChanged) = (true, true)
  }

  mutating func setPast(of name: Name, from id: MessageID) {
    head.pasts[name] = id
    isHeadChanged = true
  }

  mutating func apply(_ change: UserChange) {
    self.change(change.name) { $0.user.apply(change) }
  }

  mutating func append(_ mail: Mail) {
    change(mail.message.to) { $0.mail.append(mail) }
  }

  mutating func removeMail(of name: Name, upTo id: MessageID) {
    guard entries.contains(name) else { return }
    change(name) { entry in entry.mail.removeAll { $0.message.id <= id } }
  }

  mutating func remove(_ name: Name) { entries.remove(name) }

  mutating func set(_ restriction: Restriction) { restrictions.set(restriction) }

  mutating func remove(_ key: Restriction.Key) { restrictions.remove(key) }

  private mutating func change(_ name: Name, _ body: (inout StateEntry) -> Void) {
    entries.change(name, orNew: StateEntry(user: UserState(name: name)), body)
  }

  mutating func encodeChanges() {
    entries.encodeChanges()
    writeHead()
    for kind in restrictions.takeUnencoded() { entries.set(kind.member, entries: restrictions.encoded(kind)) }
  }

  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) {
    entries.didWrite()
    restrictions.didWrite()
    isHeadChanged = false
  }
}

/// A clock that counts from the start of the machine.
package struct BootClock: Sendable {
  /// Identifies the start of the machine; nil where unknown.
  package var id: String?
  package var now: @Sendable () -> SteadyTime

  package static let system = BootClock(id: SystemClock.bootID) {
    SteadyTime(milliseconds: SystemClock.uptimeMilliseconds)
  }
}

/// `clock` in `state.json`: with the time of the save, it tells how the wall clock was set since.
struct ClockEntry: Equatable, Sendable {
  /// The machine's start, and the uptime at the save.
  var boot: String?
  var uptime: SteadyTime?
  var steps = ClockSteps()

  static let problem = "\"clock\" is not valid; remove it, and the server trusts the system clock"

  /// By how much the wall clock was set since `saved`. Within one run of the machine that is exact. After a restart of the machine
  /// only a clock that went back is known to have been set.
  func setMilliseconds(since saved: Timestamp?, wall: Timestamp, _ clock: BootClock) -> Int64 {
    guard let saved else { return 0 }
    let differenceMilliseconds = wall.milliseconds - saved.milliseconds
    var passedMilliseconds = max(0, differenceMilliseconds)
    if let boot, boot == clock.id, let uptime {
      let now = clock.now()
      if now >= uptime { passedMilliseconds = now.milliseconds(since: uptime) }
    }
    let (setMilliseconds, isOver) = differenceMilliseconds.subtractingReportingOverflow(passedMilliseconds)
    return isOver ? .min : setMilliseconds
  }

  /// nil for an invalid value.
  static func read(_ value: JSONValue) -> ClockEntry? {
    guard value.members != nil, let count = value["set"]?.int, count >= 0, let list = value["steps"]?.array,
      list.count <= ClockSteps.stepsMax
    else { return nil }
    var entry = ClockEntry(boot: value["boot"]?.string)
    entry.uptime = value["uptime"]?.int.map { SteadyTime(milliseconds: Int64($0)) }
    entry.steps.count = Int64(count)
    for element in list {
      guard let before = element["before"]?.int, before >= 0, let milliseconds = element["milliseconds"]?.int else {
        return nil
      }
      entry.steps.steps.append(
        ClockSteps.Step(before: MessageID(before), milliseconds: Int64(milliseconds)))
    }
    return entry
  }

  var json: JSONValue {
    [
      "boot": .text(boot), "uptime": uptime.map { .int($0.milliseconds) } ?? .null, "set": .int(steps.count),
      "steps": .array(steps.steps.map { ["before": .int($0.before), "milliseconds": .int($0.milliseconds)] }),
    ]
  }
}
