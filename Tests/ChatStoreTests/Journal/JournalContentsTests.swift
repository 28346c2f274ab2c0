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

  @Test(arguments: [0, 512]) func `holds its whole lines wherever it is cut off`(zeros: Int) throws {
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

  @Test func `with damage before a whole line is a fault of that line`() throws {
    var bytes = journal(everyRecord)
    let third = Self.ends(of: bytes)[1]
    bytes[third + 5] = 0
    let fault = #expect(throws: Fault.self) { try JournalContents(bytes, file: "data/journal.jsonl") }
    #expect(fault?.line == 3)
    #expect(fault?.description.hasPrefix("data/journal.jsonl:3: the line is damaged") == true)
  }

  @Test func `is cut in the file, and what is cut off is kept beside and told`() throws {
    let bytes = journal([.account(Account("alice"), was: nil), .account(Account("bob"), was: nil)])
    let first = Self.ends(of: bytes)[0]
    for length in [first + 1, bytes.count - 1] {
      let folder = try TemporaryFolder()
      try folder.write("journal.jsonl", Array(bytes[..<length]) + [0, 0, 0])
      let (store, loaded) = try open(folder)
      let path = "\(folder.path)/journal.jsonl.torn-20261120T120000Z"
      #expect(loaded.notices.contains(.journalMended(path: path)))
      #expect(loaded.accounts == [Account("alice")])
      #expect(try folder.bytes("journal.jsonl.torn-20261120T120000Z") == bytes[first..<length] + [0, 0, 0])
      #expect(try folder.bytes("journal.jsonl").starts(with: bytes[..<first]))
      store.abandon()
    }
  }

  @Test func `keeps a server from starting where it is damaged, and nothing is changed`() throws {
    let folder = try TemporaryFolder()
    let bytes = Array("rubbish\n".utf8) + line(.lease(5), 1)
    try folder.write("journal.jsonl", bytes)
    #expect(throws: StoreError.self) { try open(folder) }
    #expect(folder.folder.check().map(\.line) == [1])
    #expect(try folder.bytes("journal.jsonl") == bytes)
    #expect(try folder.names() == ["journal.jsonl", "lock"])
  }
}
