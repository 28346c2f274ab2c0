import ChatCore
import ChatProtocol
import JSON
import POSIX

/// What a line of `journal.jsonl` says, but for its number.
enum JournalLine: Equatable, Sendable {
  /// A row became another one, or went (`row` is nil). `was` is of the row before, nil where there was none.
  case change(file: JournaledFile, key: JournalKey, was: Digest?, row: JournalRow?)
  /// The same of a room with long lists, which says what has changed alone. `became` is of the row afterwards.
  case roomChange(RoomChange, was: Digest, became: Digest)
  /// Something of a user's entry in `state.json` has changed. What is there already is so.
  case user(UserChange)
  /// A user's entry in `state.json` is gone, with all that was there before.
  case userRemoved(Name)
  /// An unread private message.
  case mail(Mail)
  /// A user has read all private messages up to this id.
  case read(by: Name, upTo: MessageID)
  /// The wall clock was set; what the entry says goes with this time.
  case clock(ClockEntry, saved: Timestamp)
  /// Every id below this one may have been given out.
  case lease(MessageID)
  /// The file shows all changes up to this number.
  case covered([JournaledFile: UInt64])
  /// No edit can take back the changes up to this number; see `Coverage.settled`.
  case settled(UInt64)

  /// A line that is read has no greater number; one that is written neither.
  static let number_max = UInt64(Int64.max)

  init(_ record: Record) {
    switch record {
    case .account(let account, let was): self = .changed(.account(account), was.map { .account($0) })
    case .accountRemoved(let was): self = .removed(.account(was))
    case .room(let room, let was):
      if let was, let change = RoomChange(from: was, to: room) {
        self = .roomChange(change, was: JournalRow.room(was).digest, became: JournalRow.room(room).digest)
      } else {
        self = .changed(.room(room), was.map { .room($0) })
      }
    case .roomRemoved(let was): self = .removed(.room(was))
    case .user(let change): self = .user(change)
    case .userRemoved(let name): self = .userRemoved(name)
    case .mail(let mail): self = .mail(mail)
    case .mailRead(let name, let id): self = .read(by: name, upTo: id)
    case .restriction(let restriction, let was):
      self = .changed(.restriction(restriction), was.map { .restriction($0) })
    case .restrictionRemoved(let was): self = .removed(.restriction(was))
    case .file(let file, let was): self = .changed(.file(file), was.map { .file($0) })
    case .fileRemoved(let was): self = .removed(.file(was))
    case .clock(let steps, let time):
      self = .clock(
        ClockEntry(boot: SystemClock.bootID, uptime: time.steady, steps: steps), saved: time.wall)
    case .edited: preconditionFailure("an edit stands in its file and needs no line")
    }
  }

  private static func changed(_ row: JournalRow, _ was: JournalRow?) -> JournalLine {
    let before = was ?? .absent(row.key, in: row.file)
    return .change(file: row.file, key: row.key, was: before?.digest, row: row)
  }

  private static func removed(_ was: JournalRow) -> JournalLine {
    .change(file: was.file, key: was.key, was: was.digest, row: nil)
  }

  /// Appends the line with its number and its line end.
  func append(number: UInt64, to bytes: inout [UInt8]) {
    bytes += #"{"n":"#.utf8
    bytes += String(number).utf8
    switch self {
    case .change(let file, let key, let was, let row):
      bytes.append(file: file)
      bytes += #","key":"#.utf8
      bytes.appendJSON(string: key.text)
      bytes += #","was":"#.utf8
      if let was { bytes.appendJSON(string: was.hexadecimal) } else { bytes += "null".utf8 }
      bytes += #","row":"#.utf8
      if let row { row.append(to: &bytes) } else { bytes += "null".utf8 }
    case .roomChange(let change, let was, let became):
      bytes.append(file: .rooms)
      bytes += #","key":"#.utf8
      bytes.appendJSON(string: change.name.key)
      bytes += #","was":"#.utf8
      bytes.appendJSON(string: was.hexadecimal)
      bytes += #","became":"#.utf8
      bytes.appendJSON(string: became.hexadecimal)
      bytes += #","change":"#.utf8
      bytes.appendJSON(change.json)
    case .user(let change):
      bytes.append(file: .state)
      bytes += #","user":"#.utf8
      bytes.appendJSON(change.json)
    case .userRemoved(let name):
      bytes.append(file: .state)
      bytes += #","user_removed":"#.utf8
      bytes.appendJSON(string: name.text)
    case .mail(let mail):
      bytes.append(file: .state)
      bytes += #","mail":{"id":"#.utf8
      bytes += String(mail.message.id).utf8
      bytes += #","time":""#.utf8
      bytes.append(timestamp: mail.time)
      bytes += #"","from":"#.utf8
      bytes.appendJSON(string: mail.message.from.text)
      bytes += #","to":"#.utf8
      bytes.appendJSON(string: mail.message.to.text)
      bytes += #","text":"#.utf8
      bytes.appendJSON(string: mail.message.text)
      bytes.append(UInt8(ascii: "}"))
    case .read(let name, let id):
      bytes.append(file: .state)
      bytes += #","read":{"user":"#.utf8
      bytes.appendJSON(string: name.text)
      bytes += #","up_to":"#.utf8
      bytes += "\(id)}".utf8
    case .clock(let clock, let saved):
      bytes.append(file: .state)
      bytes += #","saved":"\#(saved)","clock":"#.utf8
      bytes += clock.json.compact
    case .lease(let id): bytes += #","lease":\#(id)"#.utf8
    case .settled(let number): bytes += #","settled":\#(number)"#.utf8
    case .covered(let numbers):
      let members = JournaledFile.allCases.compactMap { file in numbers[file].map { #""\#(file.rawValue)":\#($0)"# } }
      bytes += #","covered":{\#(members.joined(separator: ","))}"#.utf8
    }
    bytes += "}\n".utf8
  }
}

extension [UInt8] {
  fileprivate mutating func append(file: JournaledFile) {
    self += #","file":""#.utf8
    self += file.rawValue.utf8
    append(UInt8(ascii: "\""))
  }
}
