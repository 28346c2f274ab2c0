import ChatCore
import ChatProtocol
import JSON

/// `rooms.json` as a document: entries and keys in their order, those that nobody here understands included.
struct RoomsDocument: FileDocument {
  private(set) var list: JSONList
  private var index: [String: Int32] = [:]
  private var changes: [Int32: RoomRecord] = [:]
  private(set) var isChanged = false

  static let version = 1

  init() {
    list = JSONList(list: "rooms", before: [("version", .int(Self.version))])
  }

  /// The document, the rooms in it, and what is wrong; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (RoomsDocument, [RoomRecord], [Fault]) {
    var document = RoomsDocument()
    var rooms: [RoomRecord] = []
    var faults: [Fault] = []
    var lines = RecordLines()
    do throws(JSONError) {
      var index: [String: Int32] = [:]
      document.list = try JSONList(parsing: bytes, list: "rooms") { entry, record, linesBefore in
        let (room, problems) = RoomEntry.read(entry, file: file, linesBefore: linesBefore)
        faults += problems
        guard let room else { return }
        let line = entry.line + linesBefore
        lines.note(line, of: record)
        if let other = index.updateValue(Int32(record), forKey: room.name.key) {
          index[room.name.key] = other
          faults.append(.duplicate("room", room.name, file: file, line: line, firstLine: lines[other]))
          return
        }
        rooms.append(room)
      }
      document.index = index
      faults += document.list.versionFaults(file: file, version: Self.version)
    } catch {
      faults = [Fault(file: file, line: error.line, problem: error.problem)]
    }
    return (document, rooms, faults)
  }

  /// Puts a room into its entry, or into a new one at the end.
  mutating func set(_ room: RoomRecord) {
    isChanged = true
    let record = index[room.name.key] ?? Int32(list.records.append(text: []))
    index[room.name.key] = record
    changes[record] = room
  }

  mutating func remove(_ name: Name) {
    guard let record = index.removeValue(forKey: name.key) else { return }
    isChanged = true
    changes[record] = nil
    list.records.remove(Int(record))
  }

  mutating func encodeChanges() {
    for record in changes.keys.sorted() {
      guard let room = changes[record] else { continue }
      let text = list.records.text(of: Int(record))
      var entry = (text.isEmpty ? nil : try? JSONValue(parsing: Array(text))) ?? .object([])
      RoomEntry.write(room, into: &entry, isNew: text.isEmpty)
      list.records.replace(Int(record), with: JSONList.text(ofEntry: entry))
    }
    changes = [:]
    if list.value(of: "version") == nil { list.set("version", .int(Self.version)) }
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

extension JSONList {
  /// A file without a version is one of this version, written by hand.
  func versionFaults(file: String, version: Int) -> [Fault] {
    guard let found = value(of: "version"), found.value.int != version else { return [] }
    return [
      Fault(
        file: file, line: found.line,
        problem: "this server reads version \(version) of the file; write \"version\": \(version)")
    ]
  }
}

extension Fault {
  static func duplicate(_ kind: String, _ name: Name, file: String, line: Int, firstLine: Int) -> Fault {
    Fault(
      file: file, line: line,
      problem:
        "the \(kind) \(quoted(name.text)) stands in line \(firstLine) already (upper and lower case are the same); "
        + "remove one of the two")
  }
}
