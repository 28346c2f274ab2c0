import Testing

@testable import JSON

@Suite struct JSONParserTests {
  @Test(
    arguments: [
      ("null", nil), ("true", true), ("false", false), ("0", 0), ("-0", JSONValue(.number("-0"))), ("42", 42),
      ("-7", -7), ("2.50e+3", JSONValue(.number("2.50e+3"))), ("1E9", JSONValue(.number("1E9"))), (#""""#, ""),
      (#""lobby""#, "lobby"), ("[]", []), ("{}", [:]), ("[1,[2,[]]]", [1, [2, []]]),
      (#"{"b":1,"a":{"c":null}}"#, ["b": 1, "a": ["c": nil]]), (" \t\r\n 1 \t\r\n ", 1), ("\u{FEFF}{}", [:]),
      (#"{"":0}"#, ["": 0]),
    ] as [(String, JSONValue)])
  func `every kind of value is read`(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)) == value)
  }

  @Test(arguments: [
    (#""a\"b""#, "a\"b"), (#""a\\b""#, "a\\b"), (#""\/\b\f\n\r\t""#, "/\u{8}\u{C}\n\r\t"), (#""\u00e9\u00C9""#, "éÉ"),
    (#""\u0000""#, "\0"), (#""\uD83D\uDE00""#, "😀"), (#""\ud83d\ude00x""#, "😀x"), (#""漢\u5b57""#, "漢字"),
    (#""é\n漢\n👩‍👩‍👧\n""#, "é\n漢\n👩‍👩‍👧\n"), ("\"\u{7F}\u{85}\u{2028}\"", "\u{7F}\u{85}\u{2028}"), (#""\\u0041""#, #"\u0041"#),
    (#""\uFFFF\uE000""#, "\u{FFFF}\u{E000}"),
  ])
  func `strings are decoded`(text: String, string: String) throws {
    let read = try JSONValue(parsing: Array(text.utf8)).string
    #expect(read.map { Array($0.utf8) } == Array(string.utf8))
  }

  @Test func `every value and key has its line`() throws {
    let text = """
      {
        "rooms": [
          {"name": "lobby",
           "topic":
             null},

          7
        ]
      }
      """
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value.line == 1)
    let rooms = try #require(value["rooms"])
    #expect(rooms.line == 2)
    #expect(value.members?.map(\.line) == [2])
    let lobby = try #require(rooms.array?.first)
    #expect(lobby.line == 3)
    #expect(lobby.members?.map(\.line) == [3, 4])
    #expect(lobby["topic"]?.line == 5)
    #expect(rooms.array?.last?.line == 7)
  }

  @Test func `CR LF counts as one line end`() throws {
    let value = try JSONValue(parsing: Array("[\r\n1,\r\n2]\r\n".utf8))
    #expect(value.array?.map(\.line) == [2, 3])
  }

  @Test func `members keep their order`() throws {
    let names = (0..<100).map { "key\($0 * 37 % 100)" }
    let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value.members?.map(\.name) == names)
  }

  @Test func `nesting is parsed up to the limit and is an error beyond it`() throws {
    let bound = JSONParser.depthMax
    let deepest = String(repeating: "[", count: bound) + String(repeating: "]", count: bound)
    #expect(throws: Never.self) { try JSONValue(parsing: Array(deepest.utf8)) }
    #expect(
      throws: JSONError(
        line: 1, column: bound + 1, problem: "brackets nest deeper than 64 levels here; nest fewer")
    ) {
      try JSONValue(parsing: Array("[\(deepest)]".utf8))
    }
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `a million brackets do not overflow the stack`(opening: String) {
    let text = String(repeating: opening, count: 1_000_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
  }
}
