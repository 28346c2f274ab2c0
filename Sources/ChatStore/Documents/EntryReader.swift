import ChatProtocol
import JSON
import Text

/// Reads the members of a JSON object by name and type, and collects errors.
struct EntryReader {
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
    if entry.members == nil {
      errors.append(FileError(file: file, line: line, problem: "a \(kind) must be an object: {\"name\": …}"))
    }
  }

  /// The line of the entry, which its errors have.
  var line: Int { entry.line + linesBefore }

  mutating func addError(_ problem: String) {
    errors.append(FileError(file: file, line: line, problem: problem))
  }

  /// A string; nil where it is missing, null or invalid.
  mutating func string(_ key: String) -> String? {
    guard let value = entry[key], !value.isNull else { return nil }
    if let text = value.string { return text }
    addError("\(quoted(key)) must be a string in quotation marks")
    return nil
  }

  /// A string without control characters.
  mutating func cleanText(_ key: String) -> String? { string(key).map { CleanText.string(from: $0) } }

  mutating func requiredName(_ key: String) -> Name? {
    guard entry.members != nil else { return nil }
    guard let value = entry[key], !value.isNull else {
      addError("the \(kind) has no \"\(key)\"; a name is \(Name.rule)")
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
      addError("\"\(key)\" must be a list: write names in quotation marks between [ and ]")
      return []
    }
    var names: [Name] = []
    var known: Set<Name> = []
    for element in elements {
      guard let text = element.string else {
        addError("\"\(key)\" contains something other than a name; write names in quotation marks")
        continue
      }
      if let name = name(text, in: key), known.insert(name).inserted { names.append(name) }
    }
    return names
  }

  mutating func time(_ key: String) -> Timestamp? {
    guard let text = string(key) else { return nil }
    if let time = Timestamp(written: text) { return time }
    addError(
      "the time \(quotedUnlessSecret(text)) in \"\(key)\" is not valid; \(WrittenTime.rule), or leave it empty")
    return nil
  }

  mutating func number(_ key: String, upTo max: UInt64) -> UInt64? {
    if let number = entry[key]?.int, number >= 0, UInt64(number) <= max { return UInt64(number) }
    addError("\"\(key)\" must be a whole number from 0 to \(max)")
    return nil
  }

  mutating func optionalMessageID(_ key: String) -> MessageID? {
    guard let value = entry[key], !value.isNull else { return nil }
    return messageID(key)
  }

  mutating func messageID(_ key: String) -> MessageID? {
    guard let value = entry[key] else {
      addError("the \(kind) has no \"\(key)\"; write a number from 1 to \(MessageID.greatest)")
      return nil
    }
    if let id = value.messageID { return id }
    addError("\"\(key)\" must be a whole number from 1 to \(MessageID.greatest)")
    return nil
  }

  private mutating func name(_ text: String, in key: String) -> Name? {
    if let name = Name(text) { return name }
    addError("the name \(quotedUnlessSecret(text)) in \"\(key)\" is not valid; a name is \(Name.rule)")
    return nil
  }
}
