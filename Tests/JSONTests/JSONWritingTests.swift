import Testing

@testable import JSON

@Suite struct JSONWritingTests {
  @Test(arguments: [
    ("", #""""#), ("lobby", #""lobby""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
    ("\0\u{1}\t\n\r\u{1F}", #""\u0000\u0001\u0009\u000a\u000d\u001f""#),
    ("\u{7F}x\u{80}\u{9F}\u{A0}é", "\"\\u007fx\\u0080\\u009f\u{A0}é\""),
    ("a\u{2028}b\u{2029}\u{2027}\u{202A}", "\"a\\u2028b\\u2029\u{2027}\u{202A}\""), ("漢字👩‍👩‍👧", "\"漢字👩‍👩‍👧\""),
    ("\"", #""\"""#),
    (String(repeating: "long ", count: 100), "\"" + String(repeating: "long ", count: 100) + "\""),
  ])
  func `strings are quoted and escaped`(text: String, expected: String) {
    var bytes: [UInt8] = Array("before".utf8)
    bytes.appendJSON(string: text)
    #expect(String(decoding: bytes, as: UTF8.self) == "before" + expected)
  }

  @Test(arguments: [0, 1, -1, 9, 10, 99, 100, -100, 1_234_567_890, Int.max, Int.min])
  func `decimals`(number: Int) {
    var bytes: [UInt8] = []
    bytes.appendDecimal(number)
    #expect(String(decoding: bytes, as: UTF8.self) == String(number))
  }

  @Test func `compact is one line without spaces`() {
    let value: JSONValue = ["a": [1, nil, true, "x y", [:], []], "b": JSONValue(.number("2.50")), "c": ["d": false]]
    #expect(
      String(decoding: value.compact, as: UTF8.self) == #"{"a":[1,null,true,"x y",{},[]],"b":2.50,"c":{"d":false}}"#)
  }

  @Test func `pretty is one member or element a line`() {
    let value: JSONValue = [
      "version": 1, "rooms": [["name": "lobby", "banned": [], "muted": ["a", "b"]], [:]], "x": nil,
    ]
    #expect(
      String(decoding: value.pretty, as: UTF8.self) == """
        {
          "version": 1,
          "rooms": [
            {
              "name": "lobby",
              "banned": [],
              "muted": [
                "a",
                "b"
              ]
            },
            {}
          ],
          "x": null
        }

        """)
    #expect(String(decoding: JSONValue.object([]).pretty, as: UTF8.self) == "{}\n")
  }
}
