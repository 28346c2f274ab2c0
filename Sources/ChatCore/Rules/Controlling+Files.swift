import ChatProtocol

// What the operator is told about shared files, and does to them.
extension Core {
  mutating func controlDelete(file id: ControlID, _ file: MessageID, _ peer: ControlPeer, isDry: Bool) {
    guard mayRecord(id) else { return }
    guard let entry = files[file], entry.isRecorded else {
      fail(id, .noSuchFile, "there is no file #\(file); 'chat-admin files list' shows them")
      return
    }
    let deleted = entry.record.controlFile
    guard !isDry else {
      answer(id, .wouldBe(.fileDeleted(deleted)))
      return
    }
    logAction("files delete", peer, [.init("file", "\(file)"), .init("room", entry.record.room.text)])
    takeAway(entry.record, by: peer.user)
    answer(id, .fileDeleted(deleted))
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
