import ChatProtocol

/// The beginning of a log line, read without parsing the rest: enough to skip most lines of a search.
struct LogLineHeader {
  /// The id, where it is the first field. Ids grow along the log, except in lines inserted by hand.
  let id: MessageID?
  /// The id of the shared file that the line is about, which was issued earlier.
  let file: MessageID?
  /// Whether the line is a room message or an action.
  let isMessage: Bool
  /// Where the fields behind the id begin.
  private let rest: Int

  /// nil for a damaged line.
  init?(_ line: Span<UInt8>) {
    let eventStart = LogFormat.timeLength + 1
    guard line.count > eventStart, line[eventStart - 1] == UInt8(ascii: " "), line[10] == UInt8(ascii: "T"),
      line[eventStart - 2] == UInt8(ascii: "Z"), line[0].isASCIIDigit
    else { return nil }
    isMessage = line.has("message ", at: eventStart) || line.has("action ", at: eventStart)
    var position = eventStart
    while position < line.count, line[position] != UInt8(ascii: " ") { position += 1 }
    // Older logs have a file's id in place of the line's.
    let isOfFile = line.has("file-", at: eventStart)
    let hasFile = isOfFile && line.has(" file=", at: position)
    guard hasFile || line.has(" id=", at: position) else {
      (id, file) = (nil, nil)
      rest = position
      return
    }
    position += hasFile ? 6 : 4
    let digits = position
    var number: MessageID = 0
    // 18 digits cannot overflow. A greater id is damage.
    while position < line.count, position < digits + 18, line[position].isASCIIDigit {
      number = number * 10 + MessageID(line[position] - UInt8(ascii: "0"))
      position += 1
    }
    // A line that was cut within its id has another number.
    let isWhole = position > digits && position < line.count
    let found = isWhole && number <= MessageID.greatest ? number : nil
    (id, file) = isOfFile ? (nil, found) : (found, nil)
    rest = position
  }

  /// The id, unless it is greater than every issued id: then it was inserted by hand.
  func id(upTo greatest: MessageID) -> MessageID? { id.flatMap { $0 <= greatest ? $0 : nil } }

  /// Whether the line has this event.
  func isOf(_ event: [UInt8], _ line: Span<UInt8>) -> Bool {
    let start = LogFormat.timeLength + 1
    let end = start + event.count
    guard end == line.count || end < line.count && line[end] == UInt8(ascii: " ") else { return false }
    return event.indices.allSatisfy { line[start + $0] == event[$0] }
  }

  /// Whether the first field is this room; `key` is in lower case.
  func isInRoom(_ key: [UInt8], _ line: Span<UInt8>) -> Bool {
    let start = rest + 6
    guard line.has(" room=", at: rest), start + key.count < line.count,
      line[start + key.count] == UInt8(ascii: " ")
    else { return false }
    for index in key.indices {
      let byte = line[start + index]
      guard (byte.isASCIIUpperCase ? byte | 0x20 : byte) == key[index] else { return false }
    }
    return true
  }

  /// The room, where it is the first field.
  func room(_ line: Span<UInt8>) -> Name? {
    guard line.has(" room=", at: rest) else { return nil }
    var end = rest + 6
    while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
    return Name(LogFormat.text(line.extracting(rest + 6..<end)))
  }

  /// Whether it is a private message of these two, which have the fields to themselves.
  func isOfConversation(_ user: Name, _ other: Name, _ line: Span<UInt8>) -> Bool {
    guard line.has("private ", at: LogFormat.timeLength + 1), let from = name(" from=", at: rest, line) else {
      return false
    }
    guard from.name == user || from.name == other, let to = name(" to=", at: from.end, line) else { return false }
    return to.name == (from.name == user ? other : user)
  }

  private func name(_ key: StaticString, at start: Int, _ line: Span<UInt8>) -> (name: Name, end: Int)? {
    guard line.has(key, at: start) else { return nil }
    let nameStart = start + key.utf8CodeUnitCount
    var end = nameStart
    while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
    return Name(LogFormat.text(line.extracting(nameStart..<end))).map { ($0, end) }
  }

  /// The sender; `roomLength` is the length of the room's name in the first field; nil without that field.
  func sender(_ line: Span<UInt8>, roomLength: Int?) -> Name? {
    name(" from=", at: roomLength.map { rest + 6 + $0 } ?? rest, line)?.name
  }

  /// The offset of the text, behind its quotation mark; nil where there is none. Names and ids contain no space, so the first
  /// match is right.
  func textStart(_ line: Span<UInt8>) -> Int? {
    var position = rest
    while position < line.count {
      if line[position] == UInt8(ascii: " "), line.has(" text=\"", at: position) { return position + 7 }
      position += 1
    }
    return nil
  }

  /// Whether the line was written before a time in the log's format, 24 bytes. Such times compare as their bytes do.
  static func isBefore(_ time: [UInt8], _ line: Span<UInt8>) -> Bool {
    for index in 0..<LogFormat.timeLength where line[index] != time[index] { return line[index] < time[index] }
    return false
  }
}

extension Span<UInt8> {
  @inline(__always)
  fileprivate func has(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard offset + length <= count else { return false }
    for index in 0..<length where unsafe self[offset + index] != text.utf8Start[index] { return false }
    return true
  }
}
