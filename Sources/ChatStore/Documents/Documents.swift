import ChatCore
import ChatProtocol
import POSIX

/// The documents of the store's thread.
struct Documents: Sendable {
  var users: StoredDocument<UsersDocument>
  var rooms: StoredDocument<RoomsDocument>
  var state: StoredDocument<StateDocument>
  var files: StoredDocument<FilesDocument>

  mutating func apply(_ records: [Record], at nowNanoseconds: Int64) {
    for record in records { apply(record) }
    if users.document.isChanged { users.markChanged(at: nowNanoseconds) }
    if rooms.document.isChanged { rooms.markChanged(at: nowNanoseconds) }
    if state.document.isChanged { state.markChanged(at: nowNanoseconds) }
    if files.document.isChanged { files.markChanged(at: nowNanoseconds) }
  }

  private mutating func apply(_ record: Record) {
    switch record {
    case .account(let account, _): users.document.set(account)
    case .accountRemoved(let account): users.document.remove(account.name)
    case .room(let room, _): rooms.document.set(room)
    case .roomRemoved(let room): rooms.document.remove(room.name)
    case .user(let change): state.document.apply(change)
    case .userRemoved(let name): state.document.remove(name)
    case .file(let file, _): files.document.set(file)
    case .fileRemoved(let file): files.document.remove(file.id)
    case .mail(let mail): state.document.append(mail)
    case .counts(let counts): state.document.apply(counts)
    case .restriction(let restriction, _): state.document.set(restriction)
    case .restrictionRemoved(let restriction): state.document.remove(restriction.key)
    case .pastBegins(let name, let id): state.document.setPast(of: name, from: id)
    case .clock(let steps, _): state.document.set(steps)
    case .edited(let number):
      users.endEdit(number: number)
      rooms.endEdit(number: number)
    case .mailRead(let name, let id): state.document.removeMail(of: name, upTo: id)
    }
  }

  /// Marks every file as out of date.
  mutating func markAllChanged(at nowNanoseconds: Int64) {
    users.markChanged(at: nowNanoseconds)
    rooms.markChanged(at: nowNanoseconds)
    state.markChanged(at: nowNanoseconds)
    if files.file.known != nil { files.markChanged(at: nowNanoseconds) }
  }

  /// Whether `files.json` is out of date. It is not created before a file is shared.
  var needsFiles: Bool { files.needsWrite && (files.document.isChanged || files.file.known != nil) }

  /// When the first file is due, by the monotonic clock.
  var dueNanoseconds: Int64? {
    [users.dueNanoseconds, rooms.dueNanoseconds, state.dueNanoseconds, files.dueNanoseconds].compactMap(\.self).min()
  }

  /// When the oldest base version expires; nil where there is none but that in the files.
  var basesDueNanoseconds: Int64? {
    [users.document.bases.dueNanoseconds, rooms.document.bases.dueNanoseconds].compactMap(\.self).min()
  }

  /// Whether a write met an edit that is not read yet.
  var hasUnreadEdit: Bool { users.hasUnreadEdit || rooms.hasUnreadEdit }

  /// Whether the core has an edit, which it completes with `Record.edited`.
  var awaitsCore: Bool { users.incoming != nil || rooms.incoming != nil }
}

/// A readable file in memory, with the changes since it was read or written.
protocol FileDocument: Sendable {
  /// An edit that the core has.
  associatedtype Incoming: Sendable = Never
  /// Whether hand edits are applied while the server runs. Otherwise the edited file gets another name.
  static var appliesEdits: Bool { get }

  /// Warnings of the file as it was read.
  var warnings: [FileError] { get }

  /// Whether the file is out of date.
  var isChanged: Bool { get }

  /// Turns the changes into text, in the order of the records, for `write`.
  mutating func encodeChanges()

  /// Passes the file's bytes to `body`, piece by piece.
  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure)

  /// The file was written. It shows all changes up to this number in the journal.
  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64)
}
