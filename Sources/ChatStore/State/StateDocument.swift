import ChatCore
import ChatProtocol
import JSON

/// `state.json` as a document: when it was saved, the greatest id it covers, and an entry for each user.
struct StateDocument: FileDocument {
  /// What stands beside the users.
  struct Head: Equatable, Sendable {
    /// When the file was written.
    var saved: Timestamp?
    /// Whether a server wrote it as its last act.
    var isClean = false
    /// The greatest id that was given out by then; 0 before the first.
    var id: MessageID = 0
  }

  private(set) var list: JSONList
  /// Set by whoever has the file written; the file follows with everything else.
  var head = Head()
  /// The greatest id of an unread message in the file as it was read; 0 where there is none.
  private(set) var greatestMailID: MessageID = 0
  private var index: [String: Int32] = [:]
  private var changes: [Int32: StateEntry] = [:]
  private(set) var isChanged = false

  static let version = 1

  init() {
    list = JSONList(list: "users", before: [("version", .int(Self.version))])
    writeHead()
  }

  /// The document, the entries in it, and what is wrong; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (StateDocument, [StateEntry], [Fault]) {
    var document = StateDocument()
    var entries: [StateEntry] = []
    var faults: [Fault] = []
    var lines = RecordLines()
    do throws(JSONError) {
      var index: [String: Int32] = [:]
      document.list = try JSONList(parsing: bytes, list: "users") { value, record, linesBefore in
        let (entry, problems) = StateEntry.read(value, file: file, linesBefore: linesBefore)
        faults += problems
        guard let entry else { return }
        let name = entry.user.name
        let line = value.line + linesBefore
        lines.note(line, of: record)
        if let other = index.updateValue(Int32(record), forKey: name.key) {
          index[name.key] = other
          faults.append(.duplicate("user", name, file: file, line: line, firstLine: lines[other]))
          return
        }
        entries.append(entry)
      }
      document.index = index
      document.greatestMailID = entries.lazy.flatMap(\.mail).map(\.message.id).max() ?? 0
      faults += document.list.versionFaults(file: file, version: Self.version)
      faults += document.readHead(file: file)
    } catch {
      faults = [Fault(file: file, line: error.line, problem: error.problem)]
    }
    return (document, entries, faults)
  }

  private mutating func readHead(file: String) -> [Fault] {
    var faults: [Fault] = []
    if let (value, line) = list.value(of: "saved"), !value.isNull {
      head.saved = value.string.flatMap { Timestamp(handWritten: $0) }
      if head.saved == nil {
        faults.append(
          Fault(file: file, line: line, problem: "the time in \"saved\" cannot be read; \(Timestamp.handWrittenRule)"))
      }
    }
    if let (value, line) = list.value(of: "clean") {
      head.isClean = value.bool ?? false
      if value.bool == nil {
        faults.append(Fault(file: file, line: line, problem: "\"clean\" is neither true nor false; write false"))
      }
    }
    if let (value, line) = list.value(of: "id") {
      let number = value.int ?? -1
      head.id = MessageID(clamping: number)
      if number < 0 || head.id > MessageID.greatestInFiles {
        faults.append(
          Fault(
            file: file, line: line,
            problem: "\"id\" is no whole number from 0 to \(MessageID.greatestInFiles); "
              + "write the greatest message id that was ever given out"))
      }
    }
    return faults
  }

  private mutating func writeHead() {
    list.set("saved", .text(head.saved?.description))
    list.set("clean", .bool(head.isClean))
    list.set("id", .int(head.id))
  }

  mutating func set(_ user: UserState) {
    change(user.name) { $0.user = user }
  }

  mutating func append(_ mail: Mail) {
    change(mail.message.to) { $0.mail.append(mail) }
  }

  mutating func removeMail(of name: Name, upTo id: MessageID) {
    guard index[name.key] != nil else { return }
    change(name) { entry in entry.mail.removeAll { $0.message.id <= id } }
  }

  mutating func remove(_ name: Name) {
    guard let record = index.removeValue(forKey: name.key) else { return }
    isChanged = true
    changes[record] = nil
    list.records.remove(Int(record))
  }

  private mutating func change(_ name: Name, _ body: (inout StateEntry) -> Void) {
    isChanged = true
    let record = index[name.key] ?? Int32(list.records.append(text: []))
    index[name.key] = record
    if changes[record] == nil { changes[record] = readEntry(record) ?? StateEntry(user: UserState(name: name)) }
    body(&changes[record]!)
  }

  private func readEntry(_ record: Int32) -> StateEntry? {
    guard let value = try? JSONValue(parsing: Array(list.records.text(of: Int(record)))) else { return nil }
    return StateEntry.read(value, file: "", linesBefore: 0).0
  }

  mutating func encodeChanges() {
    for record in changes.keys.sorted() {
      guard let entry = changes[record] else { continue }
      let text = list.records.text(of: Int(record))
      var value = (text.isEmpty ? nil : try? JSONValue(parsing: Array(text))) ?? .object([])
      entry.write(into: &value, isNew: text.isEmpty)
      list.records.replace(Int(record), with: JSONList.text(ofEntry: value))
    }
    changes = [:]
    if list.value(of: "version") == nil { list.set("version", .int(Self.version)) }
    writeHead()
    if list.records.isWastefulToKeep {
      let numbers = list.records.pack()
      index = index.mapValues { numbers[Int($0)] }
    }
  }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try list.write(body)
  }

  mutating func noteWritten() { isChanged = !changes.isEmpty }
}
