import ChatCore
import ChatProtocol
import JSON

/// The lists `bans` and `mutes` of `state.json`: in their order, with the keys that nobody here understands.
struct RestrictionEntries: Sendable {
  private struct Entry: Sendable {
    /// New ones come behind all others.
    var place: Int
    var restriction: Restriction
    /// As it stood in the file; an empty object for a new one.
    var text: JSONValue
  }

  private var entries: [Restriction.Key: Entry] = [:]
  private var nextPlace = 0
  /// Lists that changed since they were encoded.
  private var unencoded: Set<Restriction.Kind> = []
  /// Whether the file does not say yet what this says.
  private(set) var isChanged = false

  var all: [Restriction.Key: Restriction] { entries.mapValues(\.restriction) }

  /// Keys that are nearly one of ours.
  private(set) var warnings: [Fault] = []

  /// Reads both lists from the members of the document; what is wrong.
  mutating func read(_ list: JSONList, file: String) -> [Fault] {
    Restriction.Kind.allCases.flatMap { read($0, list, file: file) }
  }

  private mutating func read(_ kind: Restriction.Kind, _ list: JSONList, file: String) -> [Fault] {
    guard let (value, line) = list.value(of: kind.member), !value.isNull else { return [] }
    guard let elements = value.array else {
      return [Fault(file: file, line: line, problem: "\"\(kind.member)\" is no list; write entries between [ and ]")]
    }
    var faults: [Fault] = []
    var lines: [Restriction.Key: Int] = [:]
    for element in elements {
      let (restriction, problems) = Restriction.read(element, kind, file: file, linesBefore: line - 1)
      faults += problems
      warnings += Fault.misspeltKeys(of: element, among: Restriction.keys, file: file, linesBefore: line - 1)
      guard let restriction else { continue }
      let here = element.line + line - 1
      if let first = lines.updateValue(here, forKey: restriction.key) {
        let problem =
          "the \(kind.rawValue) of \(quoted(restriction.subject.description)) stands in line \(first) already; remove one of the two"
        faults.append(Fault(file: file, line: here, problem: problem))
      }
      put(restriction, element)
    }
    return faults
  }

  mutating func set(_ restriction: Restriction) {
    put(restriction, entries[restriction.key]?.text ?? .object([]))
    noteChanged(restriction.kind)
  }

  mutating func remove(_ key: Restriction.Key) {
    if entries.removeValue(forKey: key) != nil { noteChanged(key.kind) }
  }

  private mutating func noteChanged(_ kind: Restriction.Kind) {
    isChanged = true
    unencoded.insert(kind)
  }

  private mutating func put(_ restriction: Restriction, _ text: JSONValue) {
    let place = entries[restriction.key]?.place ?? nextPlace
    entries[restriction.key] = Entry(place: place, restriction: restriction, text: text)
    nextPlace += 1
  }

  /// The lists that are to be encoded anew, in the order of the file.
  mutating func takeUnencoded() -> [Restriction.Kind] {
    let kinds = Restriction.Kind.allCases.filter(unencoded.contains)
    unencoded = []
    return kinds
  }

  /// The entries of one list, as they are to stand in the file.
  func encoded(_ kind: Restriction.Kind) -> [JSONValue] {
    entries.values.filter { $0.restriction.kind == kind }.sorted { $0.place < $1.place }.map { entry in
      var text = entry.text
      entry.restriction.write(into: &text)
      return text
    }
  }

  mutating func noteWritten() { isChanged = !unencoded.isEmpty }
}

extension Restriction.Kind {
  /// What its list is called in `state.json`.
  var member: String { self == .ban ? "bans" : "mutes" }
}
