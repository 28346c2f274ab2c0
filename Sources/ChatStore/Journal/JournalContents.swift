import JSON
import POSIX

/// What `journal.jsonl` holds when a server starts.
struct JournalContents: Sendable {
  struct Line: Equatable, Sendable {
    var number: UInt64
    var line: JournalLine
  }

  private(set) var lines: [Line] = []
  /// The bytes of all whole lines; what the file holds behind them was torn off in the middle of a write.
  private(set) var wholeBytes: Int64 = 0
  private(set) var totalBytes: Int64 = 0

  var isTorn: Bool { wholeBytes < totalBytes }
  /// The greatest number of a line; 0 where there is none.
  var lastNumber: UInt64 { lines.lazy.map(\.number).max() ?? 0 }

  init() {}

  /// Reads the file's bytes. What follows the last whole line is torn: a crash ends a file so, and nobody was told what
  /// it says. A damaged line before a whole one is no crash's doing, and a fault; so is one that was written to its end and
  /// says what no server does.
  init(_ bytes: [UInt8], file: String) throws(Fault) {
    totalBytes = Int64(bytes.count)
    var start = 0
    var lineNumber = 0
    var damagedLine: Int?
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lineNumber += 1
      let line = Array(bytes[start..<end])
      start = end + 1
      // A blank line says nothing and harms nothing.
      if line.isEmpty {
        if damagedLine == nil { wholeBytes = Int64(start) }
        continue
      }
      guard let (number, line) = JournalLine.read(line) else {
        if (try? JSONValue(parsing: line)) != nil { throw Self.damage(file, damagedLine ?? lineNumber) }
        damagedLine = damagedLine ?? lineNumber
        continue
      }
      if let damagedLine { throw Self.damage(file, damagedLine) }
      lines.append(Line(number: number, line: line))
      wholeBytes = Int64(start)
    }
  }

  private static func damage(_ file: String, _ line: Int) -> Fault {
    Fault(
      file: file, line: line,
      problem: "the line is damaged, and no crash does that; those before it are good: "
        + "keep a copy of the file, remove this line (the change it told of is lost), and start again")
  }
}
