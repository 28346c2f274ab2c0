import ChatCore
import ChatProtocol

// An entry as the server itself writes it, read from the bytes with nothing made in between: a start reads a million of them.
extension StateEntry {
  /// nil for what has other keys, another order of them, escapes, letters beyond ASCII or unread messages.
  static func readOwn(_ text: Span<UInt8>) -> StateEntry? {
    var reader = OwnEntryReader()
    guard reader.passes("{", in: text), reader.passes("\"name\"", ":", in: text),
      let name = reader.text(in: text).flatMap({ Name($0) }),
      reader.passes(",", "\"last_seen\"", ":", in: text), let lastSeen = reader.time(in: text),
      reader.passes(",", "\"rooms\"", ":", in: text), let rooms = reader.names(in: text),
      reader.passes(",", "\"away\"", ":", in: text), let away = reader.textOrNull(in: text),
      reader.passes(",", "\"ignores\"", ":", in: text), let ignores = reader.names(in: text),
      reader.passes(",", "\"unread\"", ":", in: text), reader.passes("[", "]", "}", in: text),
      reader.position == text.count
    else { return nil }
    return StateEntry(user: UserState(name: name, lastSeen: lastSeen, rooms: rooms, away: away, ignores: ignores))
  }
}

private struct OwnEntryReader {
  private(set) var position = 0

  mutating func passes(_ tokens: String..., in bytes: Span<UInt8>) -> Bool {
    for token in tokens where !passes(token, in: bytes) { return false }
    return true
  }

  /// Passes over a token and the white space before it.
  mutating func passes(_ token: String, in bytes: Span<UInt8>) -> Bool {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\n") {
      position += 1
    }
    guard bytes.count - position >= token.utf8.count else { return false }
    var index = position
    for byte in token.utf8 {
      if bytes[index] != byte { return false }
      index += 1
    }
    position = index
    return true
  }

  /// What stands in quotation marks, if all of it stands for itself.
  mutating func range(in bytes: Span<UInt8>) -> Range<Int>? {
    guard passes("\"", in: bytes) else { return nil }
    let start = position
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] < 0x7F, bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") { return start..<position - 1 }
    }
    return nil
  }

  mutating func text(in bytes: Span<UInt8>) -> String? {
    guard let range = range(in: bytes), let text = try? UTF8Span(validating: bytes.extracting(range)) else {
      return nil
    }
    return String(copying: text)
  }

  mutating func textOrNull(in bytes: Span<UInt8>) -> String?? {
    if passes("null", in: bytes) { return .some(nil) }
    return text(in: bytes).map { .some($0) }
  }

  mutating func time(in bytes: Span<UInt8>) -> Timestamp?? {
    if passes("null", in: bytes) { return .some(nil) }
    guard let range = range(in: bytes) else { return nil }
    return Timestamp(utf8: bytes.extracting(range)).map { .some($0) }
  }

  mutating func names(in bytes: Span<UInt8>) -> [Name]? {
    guard passes("[", in: bytes) else { return nil }
    if passes("]", in: bytes) { return [] }
    var names: [Name] = []
    var known: Set<Name> = []
    repeat {
      guard let name = text(in: bytes).flatMap({ Name($0) }), known.insert(name).inserted else { return nil }
      names.append(name)
    } while passes(",", in: bytes)
    return passes("]", in: bytes) ? names : nil
  }
}
