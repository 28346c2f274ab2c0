extension [UInt8] {
  /// Appends a string in quotation marks (RFC 8259, section 7). Besides what must be escaped, so are U+007F, the C1
  /// controls and the line separators U+2028 and U+2029: some programs end a line there, and a terminal obeys C1.
  ///
  /// Every event a client reads passes through here: nearly every string is plain and copied as it is, and in any other what
  /// needs no escape is appended a run at a time.
  package mutating func appendJSON(string: String) {
    append(UInt8(ascii: "\""))
    var string = string
    // Appending from a buffer is one copy; from a Span there is only byte by byte. The buffer is read inside the
    // closure alone, and every index comes from its own bounds.
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

  /// The same, with noughts before it where it has fewer digits. Divided by ten only: by any other number takes the processor
  /// ten times as long.
  package mutating func append(decimal number: UInt64, digitsMin: Int = 1) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Swift.max(digits, digitsMin)))
    rest = number
    var place = count
    while rest > 0 {
      place -= 1
      self[place] += UInt8(rest % 10)
      rest /= 10
    }
  }

  /// How many bytes at an index make a character to escape; 0 if the character there stands for itself.
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
  /// Whether all of it is printable ASCII that stands in quotation marks as it is: no `"` and no `\`.
  /// Gathered in bits and with no early way out: so the compiler takes many bytes at a time.
  package var isPlainASCII: Bool {
    var special: UInt8 = 0
    for index in indices {
      let byte = unsafe self[index]
      special |= (byte &- 0x20 < 0x5F ? 0 : 1) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0)
    }
    return special == 0
  }
}
