import ChatProtocol
import JSON
import Text

/// Reads the members of one JSON object by their names and types, and collects what is wrong with it.
struct EntryReader {
  let file: String
  /// What the entry is, in a fault: `room`, `user`.
  let kind: String
  let entry: JSONValue
  /// How many lines of the file come before the text that was parsed.
  let linesBefore: Int
  private(set) var faults: [Fault] = []

  init(_ entry: JSONValue, kind: String, file: String, linesBefore: Int) {
    self.entry = entry
    self.kind = kind
    self.file = file
    self.linesBefore = linesBefore
    if entry.members == nil {
      faults.append(Fault(file: file, line: line, problem: "a \(kind) is written as an object: {\"name\": …}"))
    }
  }

  /// The line where the entry begins, which all its faults name.
  var line: Int { entry.line + linesBefore }

  mutating func fault(_ problem: String) {
    faults.append(Fault(file: file, line: line, problem: problem))
  }

  /// The text of a member; nil where it is missing, null or no string.
  mutating func string(_ key: String) -> String? {
    guard let value = entry[key], !value.isNull else { return nil }
    if let text = value.string { return text }
    fault("\(quoted(key)) is no text; put it in quotation marks")
    return nil
  }

  /// A text that people see, cleaned.
  mutating func cleanText(_ key: String) -> String? { string(key).map { CleanText.string(from: $0) } }

  mutating func requiredName(_ key: String) -> Name? {
    guard entry.members != nil else { return nil }
    guard let value = entry[key], !value.isNull else {
      fault("the \(kind) has no \"\(key)\"; a name is \(Name.rule)")
      return nil
    }
    return name(key)
  }

  mutating func name(_ key: String) -> Name? {
    guard let text = string(key) else { return nil }
    return name(text, in: key)
  }

  mutating func names(_ key: String) -> [Name] {
    guard let value = entry[key], !value.isNull else { return [] }
    guard let elements = value.array else {
      fault("\"\(key)\" is no list; write names in quotation marks between [ and ]")
      return []
    }
    var names: [Name] = []
    var known: Set<Name> = []
    for element in elements {
      guard let text = element.string else {
        fault("\"\(key)\" holds something that is no name; put names in quotation marks")
        continue
      }
      if let name = name(text, in: key), known.insert(name).inserted { names.append(name) }
    }
    return names
  }

  mutating func time(_ key: String) -> Timestamp? {
    guard let text = string(key) else { return nil }
    if let time = Timestamp(written: text) { return time }
    fault("the time \(quotedUnlessSecret(text)) in \"\(key)\" cannot be read; \(WrittenTime.rule), or leave it empty")
    return nil
  }

  mutating func number(_ key: String, upTo max: UInt64) -> UInt64? {
    if let number = entry[key]?.int, number >= 0, UInt64(number) <= max { return UInt64(number) }
    fault("\"\(key)\" is no whole number from 0 to \(max)")
    return nil
  }

  mutating func optionalMessageID(_ key: String) -> MessageID? {
    guard let value = entry[key], !value.isNull else { return nil }
    return messageID(key)
  }

  mutating func messageID(_ key: String) -> MessageID? {
    guard let value = entry[key] else {
      fault("there is no \"\(key)\"; it is a number from 1 to \(MessageID.greatest)")
      return nil
    }
    if let id = value.messageID { return id }
    fault("\"\(key)\" is no whole number from 1 to \(MessageID.greatest)")
    return nil
  }

  private mutating func name(_ text: String, in key: String) -> Name? {
    if let name = Name(text) { return name }
    fault("the name \(quotedUnlessSecret(text)) in \"\(key)\" does not fit; a name is \(Name.rule)")
    return nil
  }
}
