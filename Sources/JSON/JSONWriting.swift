extension JSONValue {
  /// On one line, without spaces or a line end.
  package var compact: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendJSON(self)
    return bytes
  }

  /// As a file that people edit and `diff`: two spaces of indentation, one member or element a line, `"key": value`,
  /// empty brackets together, and a line end.
  package var pretty: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(self, depth: 0)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a value on one line, without spaces.
  package mutating func appendJSON(_ value: JSONValue) { append(value, depth: nil) }

  /// `depth`: how deep the value is in a pretty document; nil for a value on one line.
  fileprivate mutating func append(_ value: JSONValue, depth: Int?) {
    let innerDepth = depth.map { $0 + 1 }
    switch value.content {
    case .null: append(contentsOf: "null".utf8)
    case .bool(let flag): append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let text): append(contentsOf: text.utf8)
    case .string(let text): appendJSON(string: text)
    case .array(let elements):
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        appendLineStart(depth: innerDepth, afterComma: index > 0)
        append(element, depth: innerDepth)
      }
      if !elements.isEmpty { appendLineStart(depth: depth, afterComma: false) }
      append(UInt8(ascii: "]"))
    case .object(let members):
      append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        appendLineStart(depth: innerDepth, afterComma: index > 0)
        appendJSON(string: member.name)
        append(UInt8(ascii: ":"))
        if depth != nil { append(UInt8(ascii: " ")) }
        append(member.value, depth: innerDepth)
      }
      if !members.isEmpty { appendLineStart(depth: depth, afterComma: false) }
      append(UInt8(ascii: "}"))
    }
  }

  private mutating func appendLineStart(depth: Int?, afterComma: Bool) {
    if afterComma { append(UInt8(ascii: ",")) }
    guard let depth else { return }
    append(UInt8(ascii: "\n"))
    for _ in 0..<depth * 2 { append(UInt8(ascii: " ")) }
  }
}

extension [UInt8] {
  /// Appends a string in quotation marks (RFC 8259, section 7). Besides what must be escaped, so are U+007F, the C1
  /// controls and the line separators U+2028 and U+2029: some programs end a line there, and terminals interpret C1.
  ///
  /// A hot path: every text of every event comes here. Most are plain and copied at once; of others, each run without
  /// escapes is.
  package mutating func appendJSON(string: String) {
    append(UInt8(ascii: "\""))
    var string = string
    // Appending from a buffer is one copy; from a Span it is byte by byte. The buffer stays inside the closure, and
    // every index is within its bounds.
    string.withUTF8 { text in
      if unsafe text.isPlainASCII {
        unsafe append(contentsOf: text)
        return
      }
      var runStart = 0
      var index = 0
      while index < text.count {
        let length = unsafe escapedLength(in: text, at: index)
        guard length > 0 else {
          index += 1
          continue
        }
        unsafe append(contentsOf: text[runStart..<index])
        unsafe appendEscape(of: text, at: index, length: length)
        index += length
        runStart = index
      }
      unsafe append(contentsOf: text[runStart...])
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends a number in decimal digits.
  package mutating func appendDecimal(_ number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(number.magnitude))
  }

  /// Appends a number in decimal digits. Divides by the constant ten only: by a variable it takes ten times as long.
  package mutating func append(decimal number: UInt64) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    append(addingCapacity: digits) { (output: inout OutputSpan<UInt8>) in
      for _ in 0..<digits { output.append(UInt8(ascii: "0")) }
      var (rest, place) = (number, digits)
      while rest > 0 {
        place -= 1
        output[place] += UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
    }
  }

  /// How many bytes at an index are a character to escape; 0 if it needs no escape.
  @inline(__always)
  private func escapedLength(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch unsafe text[index] {
    case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: 1
    case 0xC2 where unsafe text[index + 1] < 0xA0: 2
    case 0xE2 where unsafe text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8: 3
    default: 0
    }
  }

  private mutating func appendEscape(of text: UnsafeBufferPointer<UInt8>, at index: Int, length: Int) {
    append(UInt8(ascii: "\\"))
    let byte = unsafe text[index]
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      append(byte)
      return
    }
    append(UInt8(ascii: "u"))
    append(contentsOf: (length == 3 ? "20" : "00").utf8)
    let low = length == 3 ? (unsafe text[index + 2]) & 0x01 | 0x28 : unsafe text[index + length - 1]
    appendHexadecimal(low >> 4)
    appendHexadecimal(low & 0x0F)
  }

  private mutating func appendHexadecimal(_ digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether all of it is printable ASCII that needs no escape: no `"` and no `\`. Without an early exit, so that the
  /// compiler vectorizes.
  package var isPlainASCII: Bool {
    var special: UInt8 = 0
    for index in indices {
      let byte = unsafe self[index]
      special |= (byte &- 0x20 < 0x5F ? 0 : 1) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
    }
    return special == 0
  }
}
