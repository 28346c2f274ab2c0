import Testing

@testable import JSON

@Suite struct JSONValueTests {
  @Test func `accessors return the value of their type and nil for others`() {
    #expect(JSONValue("a").string == "a")
    #expect(JSONValue(1).string == nil)
    #expect(JSONValue(true).bool == true)
    #expect(JSONValue(0).bool == nil)
    #expect(([1, 2] as JSONValue).array == [1, 2])
    #expect(([:] as JSONValue).array == nil)
    #expect((["a": 1] as JSONValue).members == [JSONMember(name: "a", value: 1)])
    #expect(([] as JSONValue).members == nil)
    #expect(JSONValue.null.isNull)
    #expect(!JSONValue("").isNull)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
      ("9223372036854775808", nil),
      ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("null", nil),
    ] as [(String, Int?)])
  func `integers are those of 64 bits without a fraction`(text: String, number: Int?) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)).int == number)
  }

  @Test(arguments: [("2.5", 2.5), ("-1e3", -1000), ("7", 7), ("1e999", nil), ("\"1\"", nil)] as [(String, Double?)])
  func `doubles within range are read`(text: String, number: Double?) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)).double == number)
  }

  @Test func `equality ignores lines and compares order and bytes`() throws {
    let near = try JSONValue(parsing: Array(#"{"a":1,"b":[true]}"#.utf8))
    let far = try JSONValue(parsing: Array("\n{\"a\":\n1,\n\"b\":[\ntrue]}".utf8))
    #expect(near == far)
    #expect(near != ["b": [true], "a": 1])
    #expect(JSONValue("é") != JSONValue("e\u{301}"))
    var two = try JSONValue(parsing: Array("{\"\u{E9}\": 1, \"e\u{301}\": 2}".utf8))
    #expect(two["\u{E9}"]?.int == 1 && two["e\u{301}"]?.int == 2)
    two["e\u{301}"] = nil
    #expect(two["\u{E9}"]?.int == 1 && two["e\u{301}"] == nil)
    #expect(JSONValue(.number("1.0")) != 1)
  }

  @Test func `a member is replaced in place, appended when new and removed with nil`() {
    var value: JSONValue = ["a": 1, "b": 2, "c": 3]
    value["b"] = "two"
    value["d"] = .null
    value["a"] = nil
    value["unknown"] = nil
    #expect(value == ["b": "two", "c": 3, "d": nil])
    #expect(value["d"]?.isNull == true)
    #expect(value["a"] == nil)
    #expect(([1] as JSONValue)["a"] == nil)
  }

  @Test func `replacing a value keeps the line of its key`() throws {
    var value = try JSONValue(parsing: Array("{\n\"a\": 1}".utf8))
    value["a"] = 2
    #expect(value.members?.first?.line == 2)
    #expect(value.members?.first?.value.line == 0)
  }
}
