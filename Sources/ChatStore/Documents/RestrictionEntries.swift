import ChatCore
import ChatProtocol
import JSON

/// The lists `bans` and `mutes` of `state.json`, in their order, unknown keys included.
struct RestrictionEntries: Sendable {
  private struct Entry: Sendable {
    /// New entries get the last place.
    var place: Int
    var restriction: Restriction
    /// The entry in the file; an empty object for a new one.
    var text: JSONValue
  }

  private var entries: [Restriction.Key: Entry] = [:]
  private var nextPlace = 0
  /// Lists that changed since the last write.
  private var unencoded: Set<Restriction.Kind> = []
  /// Whether the file is out of date.
  private(set) var isChanged = false

  var all: [Restriction.Key: Restriction] { entries.mapValues(\.restriction) }

  /// Misspelled keys.
  private(set) var warnings: [FileError] = []

  /// Reads both lists; returns errors.
  mutating func read(_ list: JSONList, file: String) -> [FileError] {
    Restriction.Kind.allCases.flatMap { read($0, list, file: file) }
  }

  private mutating func read(_ kind: Restriction.Kind, _ list: JSONList, file: String) -> [FileError] {
    guard let (value, line) = list.value(of: kind.member), !value.isNull else { return [] }
    guard let elements = value.array else {
      return [
        FileError(file: file, line: line, problem: "\"\(kind.member)\" must be a list; write entries between [ and ]")
      ]
    }
    var errors: [FileError] = []
    var lines: [Restriction.Key: Int] = [:]
    for element in elements {
      let (restriction, problems) = RestrictionEntry.read(element, kind, file: file, linesBefore: line - 1)
      errors += problems
      warnings += FileError.misspeltKeys(of: element, among: RestrictionEntry.keys, file: file, linesBefore: line - 1)
      guard let restriction else { continue }
      let here = element.line + line - 1
      if let first = lines.updateValue(here, forKey: restriction.key) {
        let problem =
          "the \(kind.rawValue) of \(quoted(restriction.subject.description)) is in line \(first) already; remove one of the two"
        errors.append(FileError(file: file, line: here, problem: problem))
      }
      put(restriction, element)
    }
    return errors
  }

  mutating func set(_ restriction: Restriction) {
    put(restriction, entries[restriction.key]?.text ?? .object([]))
    markChanged(restriction.kind)
  }

  mutating func remove(_ key: Restriction.Key) {
    if entries.removeValue(forKey: key) != nil { markChanged(key.kind) }
  }

  private mutating func markChanged(_ kind: Restriction.Kind) {
    isChanged = true
    unencoded.insert(kind)
  }

  private mutating func put(_ restriction: Restriction, _ text: JSONValue) {
    let place = entries[restriction.key]?.place ?? nextPlace
    entries[restriction.key] = Entry(place: place, restriction: restriction, text: text)
    nextPlace += 1
  }

  /// The lists to encode, in the order of the file.
  mutating func takeUnencoded() -> [Restriction.Kind] {
    let kinds = Restriction.Kind.allCases.filter(unencoded.contains)
    unencoded = []
    return kinds
  }

  /// The entries of a list for the file.
  func encoded(_ kind: Restriction.Kind) -> [JSONValue] {
    entries.values.filter { $0.restriction.kind == kind }.sorted { $0.place < $1.place }.map { entry in
      var text = entry.text
      RestrictionEntry(restriction: entry.restriction).write(into: &text)
      return text
    }
  }

  mutating func didWrite() { isChanged = !unencoded.isEmpty }
}

extension Restriction.Kind {
  /// The name of its list in `state.json`.
  var member: String { self == .ban ? "bans" : "mutes" }
}

/// An entry of `bans` or `mutes` in `state.json`.
struct RestrictionEntry: StoredRecord {
  var restriction: Restriction

  static let kind = "ban"
  static let blank = RestrictionEntry(restriction: .blank)
  static let keys = ["user", "address", "since", "until", "by", "reason"]

  /// The entry, or nil with errors.
  static func read(
    _ entry: JSONValue, _ kind: Restriction.Kind, file: String = "", linesBefore: Int = 0
  ) -> (Restriction?, [FileError]) {
    var reader = EntryReader(entry, kind: kind.rawValue, file: file, linesBefore: linesBefore)
    let read = reader.record(RestrictionEntry(restriction: Restriction(.init(kind, Restriction.blank.subject))))
    return (read?.restriction, reader.errors)
  }

  /// Members with the same meaning keep their text.
  func write(into entry: inout JSONValue) {
    let before = Self.read(entry, restriction.kind).0
    entry.write(json, over: before.map { RestrictionEntry(restriction: $0).json })
  }

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    var name: Name? = if case .user(let name) = restriction.subject { name } else { nil }
    var address: String? = if case .addresses(let block) = restriction.subject { block.description } else { nil }
    coder.ifPresent("user", &name)
    coder.ifPresent("address", &address)
    if coder.isReading, let subject = subject(name, address, in: &coder) { restriction.key.subject = subject }
    coder.nullable("since", &restriction.since)
    coder.nullable("until", &restriction.until)
    coder.text("by", &restriction.by)
    coder.text("reason", &restriction.reason)
  }

  /// The subject: exactly one of `user` and, for a ban, `address`.
  private func subject<Coder: EntryCoder>(
    _ name: Name?, _ address: String?, in coder: inout Coder
  ) -> Restriction.Subject? {
    let kind = restriction.kind
    guard let address else {
      let both = kind == .ban ? "a \"user\" or an \"address\"" : "a \"user\""
      if name == nil, !coder.hasErrors { coder.fail("the \(kind.rawValue) has no subject; write \(both)") }
      return name.map { .user($0) }
    }
    guard kind == .ban else {
      coder.fail("an address can be banned, but not muted; write a \"user\" instead")
      return nil
    }
    guard name == nil else {
      coder.fail("the ban has both a \"user\" and an \"address\"; write two entries")
      return nil
    }
    guard let block = AddressBlock(address) else {
      coder.fail("\"address\" is not valid; write one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
      return nil
    }
    return .addresses(block)
  }
}
