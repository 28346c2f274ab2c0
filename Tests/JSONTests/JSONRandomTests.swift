import TestSupport
import Testing

@testable import JSON

/// Random documents. The seed is the test's argument, so the report of a failure shows it; add it to the list to
/// run that failure again.
@Suite struct JSONRandomTests {
  static let seeds: [UInt64] = [1, 2, 3] + (0..<3).map { _ in UInt64.random(in: 0...UInt64.max) }

  @Test(arguments: seeds)
  func `a written value reads back`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<100 {
      let value = random.value(depth: 0)
      #expect(try JSONValue(parsing: value.compact) == value)
      #expect(try JSONValue(parsing: value.pretty) == value)
      #expect(!value.compact.contains { $0 < 0x20 || $0 == 0x7F })
    }
  }

  @Test(arguments: seeds)
  func `a document truncated anywhere has an error with a position inside it`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let document = JSONValue.array((0..<3).map { _ in random.value(depth: 0) }).pretty.dropLast()
    let lines = document.count { $0 == UInt8(ascii: "\n") } + 1
    for length in 0..<document.count {
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(document.prefix(length))) }
      #expect((1...lines).contains(error?.line ?? 0))
    }
  }

  @Test(arguments: seeds)
  func `a damaged document is parsed to something writable or rejected in one line`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<300 {
      var bytes = random.value(depth: 0).pretty
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = Bool.random(using: &random) ? random.syntax() : UInt8.random(in: 0...255, using: &random)
      }
      do throws(JSONError) {
        let value = try JSONValue(parsing: bytes)
        #expect((try? JSONValue(parsing: value.compact)) == value)
      } catch {
        #expect(error.line >= 1 && error.column >= 1)
        #expect(!error.problem.isEmpty && !error.problem.utf8.contains { $0 < 0x20 })
      }
    }
  }
}

extension SeededRandom {
  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth < 5 ? 9 : 5), using: &self) {
    case 0: .null
    case 1: .bool(Bool.random(using: &self))
    case 2: .int(Int.random(in: Int.min...Int.max, using: &self))
    case 3: .int(Int.random(in: -10...10, using: &self))
    case 4: .string(string())
    case 5, 6: .array((0..<Int.random(in: 0..<5, using: &self)).map { _ in value(depth: depth + 1) })
    default: object(depth: depth)
    }
  }

  private mutating func object(depth: Int) -> JSONValue {
    var value = JSONValue.object([])
    for _ in 0..<Int.random(in: 0..<(depth == 0 ? 30 : 5), using: &self) {
      value[string()] = self.value(depth: depth + 1)
    }
    return value
  }

  private mutating func string() -> String {
    var string = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<20, using: &self) { string.append(scalar()) }
    return String(string)
  }

  private mutating func scalar() -> Unicode.Scalar {
    switch Int.random(in: 0..<6, using: &self) {
    case 0: ["\"", "\\", "/", "\u{2028}", "\u{2029}", "\u{7F}", "\u{200D}", "\u{FEFF}"].randomElement(using: &self)!
    case 1: Unicode.Scalar(UInt8.random(in: 0..<0x20, using: &self))
    case 2: Unicode.Scalar(UInt8.random(in: 0x80...0xFF, using: &self))
    case 3: Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &self)) ?? "\u{FFFD}"
    default: Unicode.Scalar(UInt8.random(in: 0x20..<0x7F, using: &self))
    }
  }

  mutating func syntax() -> UInt8 { Array("{}[]:,\"\\/#'-+.0eEu\n ".utf8).randomElement(using: &self)! }
}
