// The words for everything that can be wrong. A fault is looked at again from its first byte: there is time now, and
// what people type by mistake is mostly one of a few things.

extension JSONParser {
  func faultInPlaceOfValue(in bytes: Span<UInt8>) -> JSONError {
    let problem =
      switch bytes[position] {
      case UInt8(ascii: ","): "a value is missing before this comma; put one or remove the comma"
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        "a value is missing before the closing \(shown(byteAt: position, in: bytes)); put one or remove what leads to it"
      case UInt8(ascii: "+"): "a number has no + before it; remove the +"
      case UInt8(ascii: "."): "a number does not begin with a point; write 0 before it"
      default: problemWithWord(at: position, in: bytes) ?? problemWithCharacter(at: position, in: bytes)
      }
    return JSONError(problem, at: position, in: bytes)
  }

  func faultInPlaceOfKey(in bytes: Span<UInt8>) -> JSONError {
    let word = word(at: position, in: bytes)
    let problem =
      switch bytes[position] {
      case UInt8(ascii: ","): "there is a comma too many here; remove it"
      case UInt8(ascii: "]"): "an object is closed with }, not with ]"
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        "a key is missing before this \(shown(byteAt: position, in: bytes)); members are written \"key\": value"
      case _ where !word.isEmpty: "a key stands in double quotes; write \(quoted(word))"
      default: problemWithCharacter(at: position, in: bytes)
      }
    return JSONError(problem, at: position, in: bytes)
  }

  func faultInPlaceOfColon(after name: String, at keyEnd: Int, in bytes: Span<UInt8>) -> JSONError {
    if let problem = problemWithComment(at: position, in: bytes) {
      return JSONError(problem, at: position, in: bytes)
    }
    let problem = "after the key \(quoted(name)) a colon and a value are missing; write \(quoted(name)): value"
    return JSONError(problem, at: keyEnd, in: bytes)
  }

  func faultAfterElement(
    endingAt elementEnd: Int, of container: Container, from start: Int, in bytes: Span<UInt8>
  ) -> JSONError {
    let byte = bytes[position]
    if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
      let line = JSONError("", at: start, in: bytes).line
      let close = Character(Unicode.Scalar(container.close))
      let problem =
        "the \(container) that begins on line \(line) is closed with \(close), not with "
        + "\(shown(byteAt: position, in: bytes)); one of the two brackets is wrong or one is missing"
      return JSONError(problem, at: position, in: bytes)
    }
    if let problem = problemWithComment(at: position, in: bytes) {
      return JSONError(problem, at: position, in: bytes)
    }
    if container == .array, byte == UInt8(ascii: ":") {
      return JSONError("an array has no keys; write an object in {} or remove the key", at: position, in: bytes)
    }
    // The place to mend is behind the value, often a line above what was found instead.
    let problem = "a comma is missing here, or a quotation mark or bracket before"
    return JSONError(problem, at: elementEnd, in: bytes)
  }

  func faultAfterDocument(in bytes: Span<UInt8>) -> JSONError {
    let problem =
      problemWithComment(at: position, in: bytes) ?? "the document ends before this; remove what follows or one bracket"
    return JSONError(problem, at: position, in: bytes)
  }

  func faultOfTrailingComma(at comma: Int, before close: UInt8, in bytes: Span<UInt8>) -> JSONError {
    let close = Character(Unicode.Scalar(close))
    return JSONError("a comma stands before the closing \(close); remove the comma", at: comma, in: bytes)
  }

  func faultOfUnclosed(_ container: Container, from start: Int, in bytes: Span<UInt8>) -> JSONError {
    let close = Character(Unicode.Scalar(container.close))
    let problem = "the \(container) that begins here is never closed; put the missing \(close)"
    return JSONError(problem, at: start, in: bytes)
  }

  func faultOfDuplicate(_ name: String, at key: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("the key \(quoted(name)) stands twice in this object; keep one", at: key, in: bytes)
  }

  func faultOfDepth(in bytes: Span<UInt8>) -> JSONError {
    JSONError("brackets nest deeper than \(Self.depthMax) levels here; make it flatter", at: position, in: bytes)
  }

  func faultOfUnclosedString(at start: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("the string that begins here has no closing quotation mark on its line; put one", at: start, in: bytes)
  }

  func faultOfControl(at index: Int, ofStringAt start: Int, in bytes: Span<UInt8>) -> JSONError {
    switch bytes[index] {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): faultOfUnclosedString(at: start, in: bytes)
    case UInt8(ascii: "\t"): JSONError("a tab inside a string is written \\t", at: index, in: bytes)
    case let byte:
      JSONError("the control character \(named(byte)) inside a string is written \(escape(byte))", at: index, in: bytes)
    }
  }

  func faultOfEscape(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    let problem =
      "\\ begins an escape, and this is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uHHHH; write \\\\ for \\ itself"
    return JSONError(problem, at: index, in: bytes)
  }

  func faultOfUnicodeEscape(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("\\u takes four hexadecimal digits, as in \\u00e9; write \\\\ for \\ itself", at: index, in: bytes)
  }

  func faultOfLoneSurrogate(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    let problem =
      "this \\u escape is half of a surrogate pair without its other half; write the character itself or both halves"
    return JSONError(problem, at: index, in: bytes)
  }

  func faultOfEncoding(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError(problemWithEncoding(at: index, in: bytes), at: index, in: bytes)
  }

  func faultOfNumber(at start: Int, in bytes: Span<UInt8>) -> JSONError {
    let word = word(at: start, in: bytes)
    let digits = word.drop { $0 == "-" }
    let problem: String
    if let other = problemWithNotANumber(word) {
      problem = other
    } else if digits.count > 1, digits.first == "0", digits.allSatisfy(\.isNumber) {
      let mended = digits.drop { $0 == "0" }
      let sign = word.hasPrefix("-") ? "-" : ""
      problem = "a number has no leading zeros; write \(sign)\(mended.isEmpty ? "0" : shortened(String(mended)))"
    } else {
      problem =
        "\(shortened(word)) is not a number; write one as 42, -7 or 2.5e3, or put double quotes around it for a string"
    }
    return JSONError(problem, at: start, in: bytes)
  }
}
