import ChatCore
import ChatProtocol
import TestSupport
import Testing

@testable import ChatStore

/// Reading only the differences of a file must give the same as reading all of it. A failure names its seed.
@Suite struct `An edited users.csv read by its differences` {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `is the same document, with the same changes, as read whole`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let former = UsersDocument.random(&random)
    var count = 0
    for step in 0..<60 {
      let bytes = former.edited(&random, byBytes: step % 2 == 0)
      guard let revised = UsersRevision.read(bytes, over: former) else { continue }
      count += 1
      let (whole, _, errors) = UsersDocument.read(bytes, file: "users.csv")
      #expect(errors.isEmpty, "seed \(seed), step \(step)")
      expectSame(revised.document, whole, "seed \(seed), step \(step)")
      let expected = former.changes(to: former.revisedWhole(by: bytes, file: "users.csv"))
      let found = former.changes(to: revised)
      #expect(found.kept == expected.kept, "seed \(seed), step \(step)")
      #expect(sorted(found.changes) == sorted(expected.changes), "seed \(seed), step \(step)")
    }
    #expect(count > 10, "seed \(seed): nearly nothing was read this way")
  }

  private func sorted(_ changes: [Edit.Change<Account>]) -> [Edit.Change<Account>] {
    changes.sorted { $0.name < $1.name }
  }

  private func expectSame(_ one: UsersDocument, _ other: UsersDocument, _ comment: Comment) {
    #expect(one.index == other.index, comment)
    #expect(one.header == other.header && one.columns == other.columns && one.lineEnd == other.lineEnd, comment)
    #expect(one.lastLineIsOpen == other.lastLineIsOpen && one.records.count == other.records.count, comment)
    guard one.records.count == other.records.count else { return }
    for record in 0..<one.records.count {
      #expect(one.records.text(of: record) == other.records.text(of: record), comment)
    }
  }

  @Test(arguments: [
    // The address is taken; in upper case; in quotes.
    ("bob,*,", "bob,*,one@x.org"), ("bob,*,", "bob,*,ONE@X.ORG"), ("bob,*,", "bob,*,\"one@x.org\""),
    ("bob,*,", "bob,*,two@x.org"),
    ("bob,*,", "alice,*,"), ("bob,*,", "b b,*,"), ("bob,*,", "bob,,"), ("bob,*,", "bob,*,,,x"), ("bob,*,", "bob,\"*,"),
    ("email", "mail"), ("name", "note"),
  ])
  func `is left to the full reader if it has errors or another header`(text: String, other: String) {
    let file = "name,password,email\nalice,*,one@x.org\nbob,*,\ncarol,*,\"Two@x.org\"\n"
    let (former, _, _) = UsersDocument.read(Array(file.utf8), file: "")
    #expect(UsersRevision.read(Array(file.replacing(text, with: other, maxReplacements: 1).utf8), over: former) == nil)
    let same = UsersRevision.read(Array(file.utf8), over: former)
    #expect(same?.rows.isEmpty == true && same?.gone.isEmpty == true)
  }

  @Test func `has only its changed rows parsed`() {
    let rows = (0..<100).map { "user\($0),*,box\($0)@x.org\n" }
    let file = "name,password,email\n" + rows.joined()
    let (former, _, _) = UsersDocument.read(Array(file.utf8), file: "")
    let edited = file.replacing("user5,*", with: "user5,plain:correct-horse").replacing(rows[70], with: "")
      .replacing("user90,*,box90@", with: "new,*,\nuser90,*,new@")
    let revised = UsersRevision.read(Array(edited.utf8), over: former)
    #expect(revised?.rows.map(\.name.text).filter { ["user5", "new", "user90"].contains($0) }.count == 3)
    #expect((revised?.rows.count ?? 0) <= 4)
    #expect(revised?.gone == ["user70"])
  }
}

extension UsersDocument {
  private static let lineEnds = ["\n", "\r\n", "\r"]

  /// A file in forms that people and spreadsheets write, with changes of the server.
  fileprivate static func random(_ random: inout SeededRandom) -> UsersDocument {
    let end = lineEnds.randomElement(using: &random)!
    var text = Bool.random(using: &random) ? "\u{FEFF}" : ""
    text += "name,note,password,email" + end
    for number in 0..<Int.random(in: 0...12, using: &random) {
      text += row(number, &random) + end
      if Int.random(in: 0..<6, using: &random) == 0 { text += end }
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      text = String(text.unicodeScalars.dropLast(end.unicodeScalars.count))
    }
    var (document, _, _) = UsersDocument.read(Array(text.utf8), file: "")
    document.bases.knowsReaders = true
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let account = Account(name: Name("user\(Int.random(in: 0..<16, using: &random))")!, password: "*")
      if Bool.random(using: &random) { document.set(account) } else { document.remove(account.name) }
      if Int.random(in: 0..<3, using: &random) == 0 {
        document.encodeChanges()
        if Bool.random(using: &random) { document.didWrite(change: 0, at: 0) }
      }
    }
    return document
  }

  private static func row(_ number: Int, _ random: inout SeededRandom) -> String {
    let note = ["", "tea", "\"tea, cake\"", "\"two\nlines\"", "\"a \"\"b\"\"\""].randomElement(using: &random)!
    let email = Bool.random(using: &random) ? "box\(number)@x.org" : ""
    return "\(["user", "User", "\"user"][number % 3])\(number)\(number % 3 == 2 ? "\"" : ""),\(note),*,\(email)"
  }

  /// The file's bytes with random changes, valid or not.
  fileprivate func edited(_ random: inout SeededRandom, byBytes: Bool) -> [UInt8] {
    var pieces: [[UInt8]] = []
    for record in 0..<records.count where !records.isRemoved(record) { pieces.append(Array(records.text(of: record))) }
    for _ in 0..<Int.random(in: 0...3, using: &random) where !byBytes && pieces.count > 3 {
      let place = Int.random(in: 2..<pieces.count, using: &random)
      let number = Int.random(in: 0..<20, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: pieces.remove(at: place)
      case 1: pieces.insert(Array("\(Self.row(number, &random))\n".utf8), at: place)
      case 2: pieces[place] = Array("\(Self.row(number, &random))\r\n".utf8)
      default: pieces.swapAt(place, Int.random(in: 2..<pieces.count, using: &random))
      }
    }
    var bytes = Array(pieces.joined())
    for _ in 0..<(byBytes ? Int.random(in: 0...3, using: &random) : 0) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes.remove(at: place)
      case 1: bytes.insert(Array("\n\r,\"a1@".utf8).randomElement(using: &random)!, at: place)
      default: bytes[place] = Array("\n\r,\"a1@".utf8).randomElement(using: &random)!
      }
    }
    return bytes
  }
}
