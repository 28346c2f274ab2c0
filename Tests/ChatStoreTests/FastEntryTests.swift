import ChatCore
import ChatProtocol
import JSON
import TestSupport
import Testing

@testable import ChatStore

/// The entry as the server writes it into `state.json`.
private func text(of entry: StateEntry) -> [UInt8] {
  var value = JSONValue.object([])
  entry.write(into: &value, isNew: true)
  return JSONList.text(ofEntry: value)
}

/// The result of the general reader.
private func readAny(_ text: [UInt8]) -> StateEntry? {
  (try? JSONValue(parsing: text)).flatMap { StateEntry.read($0, file: "", linesBefore: 0).0 }
}

private func isSame(_ left: StateEntry, _ right: StateEntry) -> Bool {
  left.user == right.user && left.user.rooms.texts == right.user.rooms.texts
    && left.user.ignores.texts == right.user.ignores.texts && left.name.text == right.name.text
    && left.mail == right.mail
}

private let entries = [
  UserState(name: Name("alice")!),
  UserState(
    name: Name("Alice.of-a_long.name")!, lastSeen: Timestamp("2026-11-20T20:11:02.123Z")!,
    rooms: [.lobby, Name("Den")!],
    away: "gone, to {lunch} [null]", ignores: [Name("bob")!]),
  UserState(name: Name("a")!, rooms: [.lobby], away: ""),
  UserState(
    name: Name("b")!, rooms: [.lobby, Name("Den")!],
    marks: [
      ReadMark(room: .lobby, id: 1042, messages: 0), ReadMark(room: Name("Den")!, id: .greatest, messages: 7),
    ]),
].map { StateEntry(user: $0) }

@Suite struct `An entry of state.json that the server wrote` {
  @Test(arguments: 0..<4)
  func `is read as it is written`(number: Int) {
    let text = text(of: entries[number])
    let own = StateEntry.readFast(text.span)
    #expect(own.map { isSame($0, entries[number]) } == true)
  }

  /// Any other text must give the same entry as the general reader, or be left to it.
  @Test(arguments: 0..<20)
  func `is read fast only if the general reader finds the same`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let spare = Array("\"\\{}[]:, \n\tn0aAé\u{1}\u{7F}".utf8)
    var count = 0
    for _ in 0..<2000 {
      var bytes = text(of: entries.randomElement(using: &random)!)
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: index)
        case 1: bytes[index] = spare.randomElement(using: &random)!
        default: bytes.insert(spare.randomElement(using: &random)!, at: index)
        }
      }
      guard let own = StateEntry.readFast(bytes.span) else { continue }
      count += 1
      let any = readAny(bytes)
      #expect(any.map { isSame(own, $0) } == true, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(count > 0)
  }

  @Test func `is left to the general reader if it has unread messages or unknown keys`() {
    let mail = Mail(
      time: Timestamp(milliseconds: 0), message: PrivateMessage(id: 1, from: .lobby, to: .lobby, text: "psst"))
    let unread = text(of: StateEntry(user: entries[0].user, mail: [mail]))
    let more = text(of: entries[0]).dropLast() + Array(", \"note\": 1}".utf8)
    for text in [unread, Array(more)] {
      let own = StateEntry.readFast(text.span)
      #expect(own.map(\.name) == nil && readAny(text) != nil)
    }
  }
}
