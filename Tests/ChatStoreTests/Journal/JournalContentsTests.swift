import ChatCore
import ChatProtocol
import TestSupport
import Testing

@testable import ChatStore

@Suite struct `The journal at a start` {
  /// Where each whole line ends.
  private static func ends(of bytes: [UInt8]) -> [Int] {
    bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
  }

  @Test(arguments: [0, 512]) func `keeps its whole lines if truncated anywhere`(zeros: Int) throws {
    let bytes = journal(everyRecord)
    let ends = Self.ends(of: bytes)
    for length in 0...bytes.count {
      let cut = Array(bytes[..<length]) + [UInt8](repeating: 0, count: zeros)
      let contents = try JournalContents(cut, file: "f")
      let whole = ends.last { $0 <= length } ?? 0
      #expect(contents.lines.count == ends.count { $0 <= length })
      #expect(contents.wholeBytes == whole)
      #expect(contents.isTorn == (whole < cut.count))
    }
  }

  @Test func `with damage before a whole line has an error in that line`() throws {
    var bytes = journal(everyRecord)
    let third = Self.ends(of: bytes)[1]
    bytes[third + 5] = 0
    let error = #expect(throws: FileError.self) { try JournalContents(bytes, file: "data/journal.jsonl") }
    #expect(error?.line == 3)
    #expect(error?.description.hasPrefix("data/journal.jsonl:3: the line is damaged") == true)
  }

  /// No crash leaves a line with a valid beginning and end that is not a change.
  @Test(arguments: [
    #"{"n":9223372036854775808,"lease":5}"#, #"{"n":-1,"lease":5}"#, #"{"n":1,"lease":0}"#,
    #"{"n":1,"lease":9007199254740994}"#, #"{"n":1}"#, "[]",
    #"{"n":1,"file":"users.csv","key":"bob","was":null,"row":{"name":"bob","password":"$y$short","role":"user","status":"active","email":null,"created":null}}"#,
    #"{"n":1,"file":"users.csv","key":"bob","was":null,"row":{"name":"bob","password":"*","role":"user","status":"active","email":null,"created":"0000-01-01T00:00:00+01:00"}}"#,
  ])
  func `with a last line that no server writes has an error, and nothing is removed`(line: String) throws {
    let good = journal([.account(Account("alice"), was: nil)])
    let error = #expect(throws: FileError.self) {
      try JournalContents(good + Array(line.utf8) + [UInt8(ascii: "\n")], file: "data/journal.jsonl")
    }
    #expect(error?.line == 2)
    #expect(throws: FileError.self) {
      try JournalContents(Array(line.utf8) + [UInt8(ascii: "\n")] + good, file: "data/journal.jsonl")
    }
  }

  @Test func `is truncated in the file, and the removed rest is saved and reported`() throws {
    let bytes = journal([.account(Account("alice"), was: nil), .account(Account("bob"), was: nil)])
    let first = Self.ends(of: bytes)[0]
    for length in [first + 1, bytes.count - 1] {
      let folder = try TemporaryFolder()
      try folder.write("journal.jsonl", Array(bytes[..<length]) + [0, 0, 0])
      let (store, loaded) = try open(folder)
      let path = "\(folder.path)/journal.jsonl.torn-20261120T120000Z"
      #expect(loaded.notices.contains(.journalRepaired(path: path)))
      #expect(loaded.accounts == [Account("alice")])
      #expect(try folder.bytes("journal.jsonl.torn-20261120T120000Z") == bytes[first..<length] + [0, 0, 0])
      #expect(try folder.bytes("journal.jsonl").starts(with: bytes[..<first]))
      store.abandon()
    }
  }

  @Test func `prevents a start if it is damaged, and nothing is changed`() throws {
    let folder = try TemporaryFolder()
    let bytes = Array("rubbish\n".utf8) + line(.lease(5), 1)
    try folder.write("journal.jsonl", bytes)
    #expect(throws: StoreError.self) { try open(folder) }
    #expect(folder.folder.check().map(\.line) == [1])
    #expect(try folder.bytes("journal.jsonl") == bytes)
    #expect(try folder.names() == ["journal.jsonl", "lock"])
  }
}
