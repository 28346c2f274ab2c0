import ChatCore
import ChatProtocol
import POSIX

/// The documents, as the store's thread holds them.
struct Documents: Sendable {
  var users: StoredDocument<UsersDocument>
  var rooms: StoredDocument<RoomsDocument>
  var state: StoredDocument<StateDocument>
  var files: StoredDocument<FilesDocument>

  mutating func apply(_ records: [Record], at now_ns: Int64) {
    for record in records { apply(record) }
    if users.document.isChanged { users.noteChanged(at: now_ns) }
    if rooms.document.isChanged { rooms.noteChanged(at: now_ns) }
    if state.document.isChanged { state.noteChanged(at: now_ns) }
    if files.document.isChanged { files.noteChanged(at: now_ns) }
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
    case .restriction(let restriction, _): state.document.set(restriction)
    case .restrictionRemoved(let restriction): state.document.remove(restriction.key)
    case .clock(let steps, _): state.document.set(steps)
    case .edited(let number):
      users.takeOver(number: number)
      rooms.takeOver(number: number)
    case .mailRead(let name, let id): state.document.removeMail(of: name, upTo: id)
    }
  }

  /// Every file is to be written, whatever it says.
  mutating func noteAllChanged(at now_ns: Int64) {
    users.noteChanged(at: now_ns)
    rooms.noteChanged(at: now_ns)
    state.noteChanged(at: now_ns)
    if files.file.known != nil { files.noteChanged(at: now_ns) }
  }

  /// Whether `files.json` is to be written: not before there is something to say, where there never was one.
  var needsFiles: Bool { files.needsWrite && (files.document.isChanged || files.file.known != nil) }

  /// When the first file is due.
  var due_ns: Int64? { [users.due_ns, rooms.due_ns, state.due_ns, files.due_ns].compactMap(\.self).min() }

  /// When editors can no longer save what they made of the oldest version; nil where there is none but that in the files.
  var basesDue_ns: Int64? {
    [users.document.bases.due_ns, rooms.document.bases.due_ns].compactMap(\.self).min()
  }

  /// Whether a write met an edit that has not been looked at.
  var hasMetEdit: Bool { users.hasMetEdit || rooms.hasMetEdit }

  /// Whether an edit is on its way to the core, which answers with `Record.edited`.
  var awaitsCore: Bool { users.incoming != nil || rooms.incoming != nil }
}
