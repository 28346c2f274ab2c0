import Testing

@testable import JSON

@Suite struct JSONFaultTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var bytes: [UInt8]
    var line: Int
    var column: Int
    var problem: String

    init(_ text: String, _ line: Int, _ column: Int, _ problem: String) {
      self.init(Array(text.utf8), line, column, problem)
    }

    init(_ bytes: [UInt8], _ line: Int, _ column: Int, _ problem: String) {
      self.bytes = bytes
      self.line = line
      self.column = column
      self.problem = problem
    }

    /// One line, whatever the document holds.
    var testDescription: String {
      String(decoding: JSONValue.string(String(decoding: bytes, as: UTF8.self)).compact, as: UTF8.self)
    }
  }

  private static func expect(_ expected: Case, location: SourceLocation = #_sourceLocation) {
    let error = JSONError(line: expected.line, column: expected.column, problem: expected.problem)
    #expect(throws: error, sourceLocation: location) { try JSONValue(parsing: expected.bytes) }
  }

  @Test(arguments: [
    Case("", 1, 1, "the document is empty; the smallest one is {}"),
    Case(" \n\n", 1, 1, "the document is empty; the smallest one is {}"),
    Case("{\n \"a\": 1,\n", 1, 1, "the object that begins here is never closed; put the missing }"),
    Case("{\n\"a\": [\n 1,\n 2\n", 2, 6, "the array that begins here is never closed; put the missing ]"),
    Case("{\n", 1, 1, "the object that begins here is never closed; put the missing }"),
    Case("[", 1, 1, "the array that begins here is never closed; put the missing ]"),
    Case("\n {\"a\"", 2, 2, "the object that begins here is never closed; put the missing }"),
    Case("{\"a\":\n", 1, 1, "the object that begins here is never closed; put the missing }"),
    Case("[1,\n2,\n]", 2, 2, "a comma before the closing ] is not allowed; remove it"),
    Case("{\"a\": 1,\n}", 1, 8, "a comma before the closing } is not allowed; remove it"),
    Case("{\"a\": 1\n\"b\": 2}", 1, 8, "a comma is missing here, or a quotation mark or bracket before"),
    Case("[\"é\" \"b\"]", 1, 5, "a comma is missing here, or a quotation mark or bracket before"),
    Case(
      "{\n\"a\": [1\n}", 3, 1,
      "the array that begins on line 2 is closed with ], not with }; one of the two brackets is wrong or one is missing"
    ),
    Case(
      "{\"a\": 1]", 1, 8,
      "the object that begins on line 1 is closed with }, not with ]; one of the two brackets is wrong or one is missing"
    ),
    Case("[\"a\": 1]", 1, 5, "an array has no keys; write an object in {} or remove the key"),
    Case("{} {}", 1, 4, "the document ends before this; remove what follows or one bracket"),
    Case("{}}", 1, 3, "the document ends before this; remove what follows or one bracket"),
    Case("[1,,2]", 1, 4, "a value is missing before this comma; put one or remove the comma"),
    Case("{\"a\": }", 1, 7, "a value is missing before the closing }; put one or remove what leads to it"),
    Case("{\"a\"}", 1, 5, "after the key \"a\" a colon and a value are missing; write \"a\": value"),
    Case("{\"a\" = 1}", 1, 5, "after the key \"a\" a colon and a value are missing; write \"a\": value"),
    Case("{name: 1}", 1, 2, "a key needs double quotes; write \"name\""),
    Case("{,}", 1, 2, "there is a comma too many here; remove it"),
    Case("{]", 1, 2, "an object is closed with }, not with ]"),
    Case("{{}}", 1, 2, "a key is missing before this {; members are written \"key\": value"),
  ])
  func `a misplaced bracket, comma or colon is an error`(expected: Case) { Self.expect(expected) }

  @Test(arguments: [
    Case("{\"name\": 1,\n \"name\": 2}", 2, 2, "the key \"name\" appears twice in this object; keep one"),
    Case("{\"\\u0061\": 1, \"a\": 2}", 1, 15, "the key \"a\" appears twice in this object; keep one"),
    Case(
      "{" + (0..<40).map { "\"k\($0)\":0," }.joined() + "\n\"k20\":0}", 2, 1,
      "the key \"k20\" appears twice in this object; keep one"),
    Case(
      "{" + (0..<40).map { "\"k\($0)\":0," }.joined() + "\n\"k39\":0}", 2, 1,
      "the key \"k39\" appears twice in this object; keep one"),
  ])
  func `a key that appears twice is an error`(expected: Case) { Self.expect(expected) }

  @Test(arguments: [
    Case("{ // c\n}", 1, 3, "JSON has no comments; remove this one"),
    Case("{\"a\": /* c */ 1}", 1, 7, "JSON has no comments; remove this one"),
    Case("{\"a\": 1, # c\n}", 1, 10, "JSON has no comments; remove this one"),
    Case("{\"a\": 1 // c\n}", 1, 9, "JSON has no comments; remove this one"),
    Case("{\"a\" /* c */: 1}", 1, 6, "JSON has no comments; remove this one"),
    Case("{}\n# c", 2, 1, "JSON has no comments; remove this one"),
    Case("# c\n{}", 1, 1, "JSON has no comments; remove this one"),
  ])
  func `comments are errors everywhere`(expected: Case) { Self.expect(expected) }

  @Test(arguments: [
    Case("007", 1, 1, "a number has no leading zeros; write 7"),
    Case("-00", 1, 1, "a number has no leading zeros; write -0"),
    Case("NaN", 1, 1, "JSON has no NaN; write a number or null"),
    Case("[-Infinity]", 1, 2, "JSON has no -Infinity; write a number or null"),
    Case("+1", 1, 1, "a number has no + before it; remove the +"),
    Case(".5", 1, 1, "a number does not begin with a point; write 0 before it"),
    Case("True", 1, 1, "True is not JSON; write true"), Case("no", 1, 1, "no is not JSON; write false"),
    Case("None", 1, 1, "None is not JSON; write null"),
    Case("fals", 1, 1, "fals is not JSON; write true or false, or \"fals\" for a string"),
    Case("Flase", 1, 1, "Flase is not JSON; write true or false, or \"Flase\" for a string"),
    Case("[ture]", 1, 2, "ture is not JSON; write true or false, or \"ture\" for a string"),
    Case("truee", 1, 1, "truee is not JSON; write true or false, or \"truee\" for a string"),
    Case("tulip", 1, 1, "a string needs double quotes; write \"tulip\""),
    Case("nullable", 1, 1, "a string needs double quotes; write \"nullable\""),
    Case("[alice]", 1, 2, "a string needs double quotes; write \"alice\""),
  ])
  func `numbers and words of other languages are errors that name them`(expected: Case) { Self.expect(expected) }

  @Test(arguments: ["-", "1.", "1e", "1e+", "0x10", "12abc", "1.2.3", "2026-11-20", "1_000", "01.5", "--1", "-a"])
  func `a malformed number is an error`(text: String) {
    Self.expect(
      Case(
        text, 1, 1,
        "\(text) is not a number; write one as 42, -7 or 2.5e3, or put double quotes around it for a string"))
  }

  @Test(arguments: [
    Case("{\"a\":\n\"never\n}", 2, 1, "the string that begins here has no closing quotation mark on its line; put one"),
    Case("\"a", 1, 1, "the string that begins here has no closing quotation mark on its line; put one"),
    Case("[\"a\\", 1, 2, "the string that begins here has no closing quotation mark on its line; put one"),
    Case("[\"a\\n", 1, 2, "the string that begins here has no closing quotation mark on its line; put one"),
    Case("[\"a\r\n\"]", 1, 2, "the string that begins here has no closing quotation mark on its line; put one"),
    Case("[\"\\n\t\"]", 1, 5, "a tab inside a string is written \\t"),
    Case("[\"a\u{1B}[0m\"]", 1, 4, "the control character U+001B inside a string is written \\u001B"),
    Case(
      "[\"C:\\dir\"]", 1, 5,
      "\\ begins an escape, and this is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uHHHH; write \\\\ for \\ itself"),
    Case("\"\\u12\"", 1, 2, "\\u takes four hexadecimal digits, as in \\u00e9; write \\\\ for \\ itself"),
    Case("\"\\u+123\"", 1, 2, "\\u takes four hexadecimal digits, as in \\u00e9; write \\\\ for \\ itself"),
    Case("\"\\u", 1, 2, "\\u takes four hexadecimal digits, as in \\u00e9; write \\\\ for \\ itself"),
  ])
  func `strings must be closed and their escapes known`(expected: Case) { Self.expect(expected) }

  @Test(arguments: [#""\uD83D""#, #""\uD83Dx""#, #""\uDE00""#, #""\uD83D\uD83D""#, #""\uD83D\u0041""#, #""\uD83D\n""#])
  func `an unpaired surrogate is an error`(text: String) {
    Self.expect(
      Case(
        text, 1, 2,
        "this \\u escape is half of a surrogate pair without its other half; write the character itself or both halves")
    )
  }

  @Test(arguments: [
    Case([0x22, 0x61, 0xE9, 0x22], 1, 3, "the byte 0xE9 here is not UTF-8; save the text as UTF-8"),
    Case([0x22, 0xC0, 0x80, 0x22], 1, 2, "the byte 0xC0 here is not UTF-8; save the text as UTF-8"),
    Case([0x22, 0xED, 0xA0, 0x80, 0x22], 1, 2, "the byte 0xED here is not UTF-8; save the text as UTF-8"),
    Case([0x22, 0x5C, 0x6E, 0xF5, 0x22], 1, 4, "the byte 0xF5 here is not UTF-8; save the text as UTF-8"),
    Case([0x5B, 0x0A, 0xFF], 2, 1, "the byte 0xFF here is not UTF-8; save the text as UTF-8"),
    Case([0xFF, 0xFE, 0x7B, 0x00], 1, 1, "this is UTF-16; save it as UTF-8"),
    Case([0xFE, 0xFF, 0x00, 0x7B], 1, 1, "this is UTF-16; save it as UTF-8"),
  ])
  func `bytes that are not UTF-8 are found`(expected: Case) { Self.expect(expected) }

  @Test(arguments: [
    Case("['a']", 1, 2, "keys and strings need straight double quotes; write \" instead of '"),
    Case("{“a”: 1}", 1, 2, "keys and strings need straight double quotes; write \" instead of “"),
    Case("{\u{A0}}", 1, 2, "the character U+00A0 is not allowed here; remove it, or put it in a string"),
    Case("[\u{0}]", 1, 2, "the character U+0000 is not allowed here; remove it, or put it in a string"),
    Case("[😀]", 1, 2, "the character U+1F600 is not allowed here; remove it, or put it in a string"),
    Case(
      "[*]", 1, 2, "* is not allowed here; a value is a string in double quotes, a number, true, false, null, {} or []"),
  ])
  func `the error for an unexpected character names it`(expected: Case) { Self.expect(expected) }

  @Test func `the message shortens a long key and escapes a control character`() throws {
    let key = String(repeating: "k", count: 100)
    Self.expect(
      Case(
        "{\"\(key)\":1,\"\(key)\":1}", 1, 107,
        "the key \"\(key.prefix(60))…\" appears twice in this object; keep one"))
    Self.expect(
      Case("{\"\\n\":1,\"\\n\":1}", 1, 9, "the key \"\\u000a\" appears twice in this object; keep one"))
  }
}
