import ChatProtocol

// What the operator is told about shared files, and does to them.
extension Core {
  mutating func controlDelete(files id: ControlID, _ asked: [MessageID], _ peer: ControlPeer, isDry: Bool) {
    guard mayRecord(id) else { return }
    var records: [FileRecord] = []
    for file in asked where !records.contains(where: { $0.id == file }) {
      guard let entry = files[file], entry.isRecorded else {
        let rest = asked.count > 1 ? "; none was deleted" : ""
        fail(id, .noSuchFile, "there is no file #\(file)\(rest); 'chat-admin files list' shows them")
        return
      }
      records.append(entry.record)
    }
    let deleted = ControlReply.filesDeleted(records.map(\.controlFile))
    guard !isDry else {
      answer(id, .wouldBe(deleted))
      return
    }
    for record in records {
      logAction("files delete", peer, [.init("file", "\(record.id)"), .init("room", record.room.text)])
      takeAway(record, by: peer.user)
    }
    answer(id, deleted)
  }

  var fileUse: ControlFileUse {
    let up = transfers.values.count { $0.direction == .up }
    return ControlFileUse(
      shared: files.count - files.unfinishedCount, unfinished: files.unfinishedCount, bytes: files.bytes,
      bytesMax: settings.filesBytes == 0 ? nil : UInt64(settings.filesBytes), up: up, down: transfers.count - up,
      transfersMax: settings.transfers == 0 ? nil : settings.transfers)
  }

  func fileUse(of name: Name) -> ControlUserFiles {
    ControlUserFiles(
      unfinished: files.unfinished(of: name).count, bytes: files.bytes(of: name),
      bytesMax: settings.filesBytesPerUser == 0 ? nil : UInt64(settings.filesBytesPerUser))
  }

  /// A connection that is for bytes alone; the loop fills in the rest.
  func controlSession(_ id: SessionID, _ running: RunningTransfer) -> ControlSession {
    ControlSession(
      id: id.number, user: running.holder, isGuest: running.isGuest, address: running.address, dialect: .text,
      room: nil, connected: label(of: running.connected), lastActive: label(of: running.connected), outboxBytes: 0,
      transfer: ControlTransfer(file: running.file, isUp: running.direction == .up))
  }

  /// By id; whether these were the last.
  mutating func tellFiles(_ id: ControlID, in room: Name?, _ listing: inout Listing) -> Bool {
    let ids = files.ids(in: room, after: listing.lastFile, max: Listing.rows_max)
    let rows = ids.compactMap { files[$0] }.filter(\.isRecorded).map(\.record.controlFile)
    let isLast = ids.count < Listing.rows_max
    listing.lastFile = ids.last ?? listing.lastFile
    if isLast { answer(id, .files(rows)) } else { effects.append(.replyPart(id, .files(rows))) }
    return isLast
  }
}

extension FileRecord {
  fileprivate var controlFile: ControlFile {
    ControlFile(
      id: id, room: room, from: from, name: name.text, size: size, cksum: cksum, offered: offered, shared: shared)
  }
}
