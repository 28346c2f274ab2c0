import ChatCore
import ChatProtocol
import JSON

/// Reads the members of a JSON object by name and type, and collects errors. Members that the record does not describe are ignored.
struct EntryReader: EntryCoder {
  let file: String
  /// The word for the entry in errors: `room`, `user`.
  let kind: String
  let entry: JSONValue
  /// The lines of the file before the parsed text.
  let linesBefore: Int
  private(set) var errors: [FileError] = []

  init(_ entry: JSONValue, kind: String, file: String, linesBefore: Int) {
    self.entry = entry
    self.kind = kind
    self.file = file
    self.linesBefore = linesBefore
    if entry.members == nil { fail("a \(kind) must be an object: {\"name\": …}") }
  }

  /// The line of the entry, which its errors have.
  var line: Int { entry.line + linesBefore }

  var isReading: Bool { true }
  var hasErrors: Bool { !errors.isEmpty }

  mutating func fail(_ problem: String) { errors.append(FileError(file: file, line: line, problem: problem)) }

  mutating func add(_ others: [FileError]) { errors += others }

  /// Fills a record; nil after an error.
  mutating func record<Record: StoredRecord>(_ blank: Record) -> Record? {
    var record = blank
    record.code(&self)
    record.check(in: &self)
    return hasErrors ? nil : record
  }

  mutating func field<Value: EntryValue>(_ key: StaticString, _ value: inout Value) {
    // A null is a missing name, but an invalid id.
    if let member = entry[key.description], !member.isNull || Value.self == MessageID.self {
      value = Value.read(member, of: key, in: &self) ?? value
    } else if entry.members != nil || Value.self != Name.self, let problem = Value.problemWhereMissing(key, kind) {
      fail(problem)
    }
  }

  mutating func nullable<Value: EntryValue>(_ key: StaticString, _ value: inout Value?) {
    value = entry[key.description].flatMap { $0.isNull ? nil : Value.read($0, of: key, in: &self) }
  }

  mutating func ifPresent<Value: EntryValue>(_ key: StaticString, _ value: inout Value?) { nullable(key, &value) }

  mutating func number<Number: FieldValue & FixedWidthInteger>(
    _ key: StaticString, _ value: inout Number, upTo max: Number
  ) {
    if let number = entry[key.description]?.int, number >= 0, number <= max {
      value = Number(number)
    } else {
      fail("\"\(key)\" must be a whole number from 0 to \(max)")
    }
  }

  mutating func unread(_ key: StaticString, _ mail: inout [Mail], of name: Name) {
    guard let member = entry[key.description], !member.isNull else { return }
    if member.array == nil { fail("\"\(key)\" must be a list; write messages between [ and ]") }
    // The line of each id, to find duplicates.
    var lines: [MessageID: Int] = [:]
    for element in member.array ?? [] {
      var reader = EntryReader(element, kind: StoredMail.kind, file: file, linesBefore: linesBefore)
      if !reader.hasErrors {
        var unread = StoredMail.blank
        unread.code(&reader)
        unread.mail.message.to = name
        let id = unread.mail.message.id
        if id > 0, let line = lines.updateValue(reader.line, forKey: id) {
          reader.fail("the \"id\" \(id) is in line \(line) already; remove one of the two")
        }
        mail.append(unread.mail)
      }
      errors += reader.errors
    }
  }

  mutating func marks(_ key: StaticString, _ marks: inout [ReadMark]) { perRoom(key, &marks) { $0.room } }

  mutating func counts(_ key: StaticString, _ counts: inout [MessageCounts.RoomCount]) {
    perRoom(key, &counts) { $0.room }
  }

  /// A list with an entry for each room.
  private mutating func perRoom<Element: StoredRecord>(
    _ key: StaticString, _ list: inout [Element], _ room: (Element) -> Name
  ) {
    list = []
    guard let member = entry[key.description], !member.isNull else { return }
    if member.array == nil { fail("\"\(key)\" must be a list; write its entries between [ and ]") }
    // The line of each room, to find duplicates.
    var lines: [Name: Int] = [:]
    for element in member.array ?? [] {
      var reader = EntryReader(element, kind: Element.kind, file: file, linesBefore: linesBefore)
      if let read = reader.hasErrors ? nil : reader.record(Element.blank) {
        if let line = lines.updateValue(reader.line, forKey: room(read)) {
          reader.fail("the \(Element.kind) of \(room(read)) is in line \(line) already; remove one of the two")
        }
        list.append(read)
      }
      errors += reader.errors
    }
  }

  func has(_ key: StaticString, ifWritten isWritten: Bool) -> Bool { entry[key.description] != nil }
}

/// What a member of an entry can be.
protocol EntryValue: FieldValue {
  /// nil for an invalid value, with an error in the reader.
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> Self?

  /// The error where a member that must be there is missing; nil where it may be.
  static func problemWhereMissing(_ key: StaticString, _ kind: String) -> String?
}

extension EntryValue {
  static func problemWhereMissing(_ key: StaticString, _ kind: String) -> String? { nil }
}

extension String: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> String? {
    if let text = value.string { return text }
    reader.fail("\(quoted(key.description)) must be a string in quotation marks")
    return nil
  }
}

extension Name: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> Name? {
    String.read(value, of: key, in: &reader).flatMap { read($0, of: key, in: &reader) }
  }

  fileprivate static func read(_ text: String, of key: StaticString, in reader: inout EntryReader) -> Name? {
    if let name = Name(text) { return name }
    reader.fail("the name \(quotedUnlessSecret(text)) in \"\(key)\" is not valid; a name is \(rule)")
    return nil
  }

  static func problemWhereMissing(_ key: StaticString, _ kind: String) -> String? {
    "the \(kind) has no \"\(key)\"; a name is \(rule)"
  }
}

extension [Name]: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> [Name]? {
    guard let elements = value.array else {
      reader.fail("\"\(key)\" must be a list: write names in quotation marks between [ and ]")
      return nil
    }
    var names: [Name] = []
    var known: Set<Name> = []
    for element in elements {
      guard let text = element.string else {
        reader.fail("\"\(key)\" contains something other than a name; write names in quotation marks")
        continue
      }
      if let name = Name.read(text, of: key, in: &reader), known.insert(name).inserted { names.append(name) }
    }
    return names
  }
}

extension Timestamp: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> Timestamp? {
    guard let text = String.read(value, of: key, in: &reader) else { return nil }
    if let time = Timestamp(written: text) { return time }
    reader.fail(
      "the time \(quotedUnlessSecret(text)) in \"\(key)\" is not valid; \(WrittenTime.rule), or leave it empty")
    return nil
  }
}

extension MessageID: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> MessageID? {
    if let id = value.messageID { return id }
    reader.fail("\"\(key)\" must be a whole number from 1 to \(greatest)")
    return nil
  }

  static func problemWhereMissing(_ key: StaticString, _ kind: String) -> String? {
    "the \(kind) has no \"\(key)\"; write a number from 1 to \(greatest)"
  }
}

extension FileName: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> FileName? {
    if let name = String.read(value, of: key, in: &reader).flatMap({ FileName($0) }) { return name }
    if let problem = problemWhereMissing(key, reader.kind) { reader.fail(problem) }
    return nil
  }

  static func problemWhereMissing(_ key: StaticString, _ kind: String) -> String? {
    "the \(kind) has no \"\(key)\" that is valid; one has \(rule)"
  }
}
