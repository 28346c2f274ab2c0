package import ChatProtocol

extension UserState: PackedRow {
  private static let hasLastSeen: UInt8 = 1
  private static let isAway: UInt8 = 2

  package func pack(into bytes: inout [UInt8]) {
    bytes.append((lastSeen == nil ? 0 : Self.hasLastSeen) | (away == nil ? 0 : Self.isAway))
    if let lastSeen { bytes.append(packed: lastSeen) }
    if let away { bytes.append(packed: away) }
    for names in [rooms, ignores] {
      bytes.append(packed: names.count)
      for name in names { bytes.append(packed: name.text) }
    }
  }

  package init(name: Name, unpacking reader: inout PackedReader, in bytes: Span<UInt8>) {
    let flags = reader.byte(in: bytes)
    let lastSeen = flags & Self.hasLastSeen == 0 ? nil : reader.time(in: bytes)
    let away = flags & Self.isAway == 0 ? nil : reader.text(in: bytes)
    self.init(
      name: name, lastSeen: lastSeen, rooms: reader.names(in: bytes), away: away, ignores: reader.names(in: bytes))
  }
}

extension PackedReader {
  fileprivate mutating func names(in bytes: Span<UInt8>) -> [Name] {
    (0..<count(in: bytes)).map { _ in name(in: bytes) }
  }
}
