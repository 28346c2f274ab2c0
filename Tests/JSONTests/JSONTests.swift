import Testing

@testable import JSON

@Test func `a document read and written again is the same`() throws {
  let text = #"{"version":1,"rooms":[{"name":"lobby","topic":null,"locked":false,"share":-2.50e+3}],"é":"a\"b\\c"}"#
  let value = try JSONValue(parsing: Array(text.utf8))
  #expect(String(decoding: value.compact, as: UTF8.self) == text)
}
