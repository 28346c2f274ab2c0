import ChatProtocol
import JSON
import Terminal

/// What a backup holds, as it was verified.
struct BackupReceipt: Equatable {
  var manifest: BackupManifest
  var sums: [BackupSum]

  var bytes: Int64 { sums.reduce(0) { $0 + $1.size } }

  /// The keys that `backup` and `restore` have in common.
  var members: [JSONMember] {
    let files = sums.map { ["name": .string($0.name), "size": .int($0.size), "cksum": .int($0.cksum)] as JSONValue }
    return [
      JSONMember(name: "time", value: .string(manifest.time.description)),
      JSONMember(name: "server", value: .string(manifest.server)),
      JSONMember(name: "bytes", value: .int(bytes)),
      JSONMember(name: "files", value: .array(files)),
    ]
  }
}

extension AdminText {
  /// Shared files are told in one line: there may be very many.
  func receipt(_ receipt: BackupReceipt) -> [String] {
    let shared = receipt.sums.filter { BackupName.isSharedFile($0.name) }
    var rows = receipt.sums.filter { !BackupName.isSharedFile($0.name) }.map { ($0.name, $0.size) }
    if !shared.isEmpty {
      rows.append((counted(shared.count, "shared file"), shared.reduce(0) { $0 + $1.size }))
    }
    return Table(
      [.whole("FILE"), .number("SIZE")], rows: rows.map { [$0.0, bytes(UInt64($0.1))] }
    ).lines(columnsMax: columnsMax)
  }
}
