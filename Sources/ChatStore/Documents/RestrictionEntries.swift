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
      let (restriction, problems) = Restriction.read(element, kind, file: file, linesBefore: line - 1)
      errors += problems
      warnings += FileError.misspeltKeys(of: element, among: Restriction.keys, file: file, linesBefore: line - 1)
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
      entry.restriction.write(into: &text)
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
extension Restriction {
  static let keys = ["user", "address", "since", "until", "by", "reason"]

  /// The entry, or nil with errors.
  static func read(_ entry: JSONValue, _ kind: Kind, file: String, linesBefore: Int) -> (Restriction?, [FileError]) {
    var reader = EntryReader(entry, kind: kind.rawValue, file: file, linesBefore: linesBefore)
    guard reader.errors.isEmpty else { return (nil, reader.errors) }
    let subject = reader.subject(of: kind)
    let since = reader.time("since")
    let until = reader.time("until")
    let by = reader.cleanText("by") ?? ""
    let reason = reader.cleanText("reason") ?? ""
    guard reader.errors.isEmpty, let subject else { return (nil, reader.errors) }
    return (Restriction(Key(kind, subject), since: since, until: until, by: by, reason: reason), [])
  }

  /// Members with the same meaning keep their text.
  func write(into entry: inout JSONValue) {
    let old = Restriction.read(entry, kind, file: "", linesBefore: 0).0
    func set(_ key: String, _ value: JSONValue, ifChanged isSame: Bool) {
      if !isSame { entry[key] = value }
    }
    switch subject {
    case .user(let name): set("user", .string(name.text), ifChanged: entry["user"]?.string == name.text)
    case .addresses(let block): set("address", .string(block.description), ifChanged: old?.subject == subject)
    }
    set("since", .text(since?.description), ifChanged: old != nil && old?.since == since)
    set("until", .text(until?.description), ifChanged: old != nil && old?.until == until)
    set("by", .string(by), ifChanged: old?.by == by)
    set("reason", .string(reason), ifChanged: old?.reason == reason)
  }
}

extension EntryReader {
  /// The subject: exactly one of `user` and, for a ban, `address`.
  fileprivate mutating func subject(of kind: Restriction.Kind) -> Restriction.Subject? {
    let name = name("user")
    guard let text = string("address") else {
      let both = kind == .ban ? "a \"user\" or an \"address\"" : "a \"user\""
      if name == nil, errors.isEmpty { addError("the \(kind.rawValue) has no subject; write \(both)") }
      return name.map { .user($0) }
    }
    guard kind == .ban else {
      addError("an address can be banned, but not muted; write a \"user\" instead")
      return nil
    }
    guard name == nil else {
      addError("the ban has both a \"user\" and an \"address\"; write two entries")
      return nil
    }
    guard let block = AddressBlock(text) else {
      addError("\"address\" is not valid; write one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
      return nil
    }
    return .addresses(block)
  }
}
