/// Why bytes are not a JSON document, in words for the person who wrote them.
package struct JSONError: Error, Equatable, Sendable {
  /// The line to mend, counted from 1. What is never closed is reported where it begins.
  package var line: Int

  /// The column in that line, counted from 1 in Unicode scalars.
  package var column: Int

  /// What is wrong and how to mend it: one sentence without a line break. It may quote the document, shortened and with
  /// control characters escaped.
  package var problem: String

  package init(line: Int, column: Int, problem: String) {
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// A fault at an offset. Lines and columns are counted only now, so that reading a sound document pays nothing.
  init(_ problem: String, at offset: Int, in bytes: Span<UInt8>) {
    var line = 1
    var column = 1
    for index in 0..<Swift.min(offset, bytes.count) {
      if bytes[index] == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if bytes[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column, problem: problem)
  }
}
