import ChatProtocol

/// What the beginning of a line of the log tells at a glance, without parsing it: enough to pass over all those
/// that are not looked for.
struct LogGlance {
  /// The id, where one stands first. They grow along the log, but for lines that somebody put there.
  let id: MessageID?
  /// The id of a file of which the line tells: it was given out, but some time ago.
  let file: MessageID?
  /// Whether it is a room message or an action.
  let isMessage: Bool
  /// Where the fields behind the id begin.
  private let rest: Int

  /// nil for what does not look like a line of the log.
  init?(_ line: Span<UInt8>) {
    let eventStart = LogFormat.timeLength + 1
    guard line.count > eventStart, line[eventStart - 1] == UInt8(ascii: " "), line[10] == UInt8(ascii: "T"),
      line[eventStart - 2] == UInt8(ascii: "Z"), line[0].isASCIIDigit
    else { return nil }
    isMessage = line.has("message ", at: eventStart) || line.has("action ", at: eventStart)
    var position = eventStart
    while position < line.count, line[position] != UInt8(ascii: " ") { position += 1 }
    // Older logs have a file's id as if it were the line's.
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
    // 18 digits cannot overflow. An id that no server gives out is damage.
    while position < line.count, position < digits + 18, line[position].isASCIIDigit {
      number = number * 10 + MessageID(line[position] - UInt8(ascii: "0"))
      position += 1
    }
    // One whose line was cut within it, by a crash or by whoever copied the log, is another number.
    let isWhole = position > digits && position < line.count
    let found = isWhole && number <= MessageID.greatest ? number : nil
    (id, file) = isOfFile ? (nil, found) : (found, nil)
    rest = position
  }

  /// The id, if it had been given out by then; a greater one somebody has put there.
  func id(upTo greatest: MessageID) -> MessageID? { id.flatMap { $0 <= greatest ? $0 : nil } }

  /// Whether it tells of this event.
  func isOf(_ event: [UInt8], _ line: Span<UInt8>) -> Bool {
    let start = LogFormat.timeLength + 1
    let end = start + event.count
    guard end == line.count || end < line.count && line[end] == UInt8(ascii: " ") else { return false }
    return event.indices.allSatisfy { line[start + $0] == event[$0] }
  }

  /// Whether the room named first is this one; `key` is in lower case.
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

  /// Who said it, where a room of so long a name is the one named first.
  func sender(_ line: Span<UInt8>, roomLength: Int) -> Name? {
    let start = rest + 6 + roomLength
    guard line.has(" from=", at: start) else { return nil }
    var end = start + 6
    while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
    return Name(LogFormat.text(line.extracting(start + 6..<end)))
  }

  /// Where the text's characters begin, behind its quotation mark; nil where there is none. Names and ids hold no space, so
  /// the first place that looks so is it.
  func textStart(_ line: Span<UInt8>) -> Int? {
    var position = rest
    while position < line.count {
      if line[position] == UInt8(ascii: " "), line.has(" text=\"", at: position) { return position + 7 }
      position += 1
    }
    return nil
  }

  /// Whether the line was written before an instant that stands in the form of the log, 24 bytes: such times compare as
  /// their bytes do.
  static func isBefore(_ time: [UInt8], _ line: Span<UInt8>) -> Bool {
    for index in 0..<LogFormat.timeLength where line[index] != time[index] { return line[index] < time[index] }
    return false
  }
}

extension Span<UInt8> {
  /// Whether an ASCII text stands at an offset.
  @inline(__always)
  fileprivate func has(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard offset + length <= count else { return false }
    for index in 0..<length where unsafe self[offset + index] != text.utf8Start[index] { return false }
    return true
  }
}
