import ChatCore
import ChatProtocol
import JSON

/// `state.json` as a document: when it was saved, the greatest id it covers, and an entry for each user.
struct StateDocument: FileDocument {
  static let takesEdits = false

  /// What stands beside the users.
  struct Head: Equatable, Sendable {
    /// When the file was written.
    var saved: Timestamp?
    /// Whether a server wrote it as its last act.
    var isClean = false
    /// The greatest id that was given out by then; 0 before the first.
    var id: MessageID = 0
    var clock = ClockEntry()
  }

  private var entries: NamedEntries<StateEntry>
  /// Set by whoever has the file written; the file follows with everything else.
  var head = Head()
  private(set) var restrictions = RestrictionEntries()
  private var isClockChanged = false

  private static let list = "users"

  init() {
    entries = NamedEntries(list: Self.list)
    writeHead()
  }

  /// The document and what is wrong; each entry goes to `take`. With faults neither is of use.
  static func read(_ bytes: [UInt8], file: String, take: (StateEntry) -> Void) -> (StateDocument, [Fault]) {
    var document = StateDocument()
    let (entries, faults) = NamedEntries<StateEntry>.read(bytes, list: list, file: file, take: take)
    document.entries = entries
    let headFaults = document.readHead(file: file)
    let restrictionFaults = document.restrictions.read(document.entries.list, file: file)
    return (document, (faults + headFaults + restrictionFaults).inOrder)
  }

  private mutating func readHead(file: String) -> [Fault] {
    var faults: [Fault] = []
    if let (value, line) = entries.list.value(of: "saved"), !value.isNull {
      head.saved = value.string.flatMap { Timestamp(written: $0) }
      if head.saved == nil {
        faults.append(
          Fault(
            file: file, line: line,
            problem: "the time in \"saved\" cannot be read; \(WrittenTime.rule), or leave it empty"))
      }
    }
    if let (value, line) = entries.list.value(of: "clock"), !value.isNull {
      if let clock = ClockEntry.read(value) {
        head.clock = clock
      } else {
        faults.append(Fault(file: file, line: line, problem: ClockEntry.problem))
      }
    }
    if let (value, line) = entries.list.value(of: "clean") {
      head.isClean = value.bool ?? false
      if value.bool == nil {
        faults.append(Fault(file: file, line: line, problem: "\"clean\" is neither true nor false; write false"))
      }
    }
    if let (value, line) = entries.list.value(of: "id") {
      let number = value.int ?? -1
      head.id = MessageID(clamping: number)
      if number < 0 || head.id > MessageID.greatest {
        faults.append(
          Fault(
            file: file, line: line,
            problem: "\"id\" is no whole number from 0 to \(MessageID.greatest); "
              + "write the greatest message id that was ever given out"))
      }
    }
    return faults
  }

  private mutating func writeHead() {
    entries.set("saved", .text(head.saved?.description))
    entries.set("clean", .bool(head.isClean))
    entries.set("id", .int(head.id))
    if head.clock != ClockEntry() { entries.set("clock", head.clock.json) }
  }

  var warnings: [Fault] { entries.warnings + restrictions.warnings }

  var isChanged: Bool { entries.isChanged || restrictions.isChanged || isClockChanged }

  mutating func set(_ steps: ClockSteps) {
    head.clock.steps = steps
    isClockChanged = true
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

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try entries.write(body)
  }

  mutating func noteWritten(change: UInt64, at now_ns: Int64) {
    entries.noteWritten()
    restrictions.noteWritten()
    isClockChanged = false
  }
}
