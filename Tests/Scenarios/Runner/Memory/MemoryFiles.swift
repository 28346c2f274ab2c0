import ChatCore
import ChatProtocol

/// The bytes of shared files in memory, and the transfers on their connections.
struct MemoryFiles {
  private var bytes: [MessageID: [UInt8]] = [:]
  private var uploads: [SessionID: Transfer] = [:]

  func answer(_ question: FileCheck) -> FileCheckResult {
    switch question {
    case .partOf(let id, _): .bytes(UInt64(bytes[id]?.count ?? 0))
    case .wholeOf(let id, let size): bytes[id]?.count == Int(size) ? .bytes(size) : .missing
    }
  }

  /// The bytes to send of a file.
  func sent(_ transfer: Transfer) -> [UInt8] { Array((bytes[transfer.file] ?? []).dropFirst(Int(transfer.offset))) }

  mutating func discard(_ id: MessageID) { bytes[id] = nil }

  mutating func begin(_ transfer: Transfer, over session: SessionID) { uploads[session] = transfer }

  func isUploading(_ session: SessionID) -> Bool { uploads[session] != nil }

  /// Stores a received byte.
  mutating func append(_ byte: UInt8, from session: SessionID) {
    bytes[uploads[session]!.file, default: []].append(byte)
  }

  /// The result of an upload, once all its bytes have arrived.
  mutating func takeEnd(of session: SessionID) -> TransferResult? {
    guard let transfer = uploads[session] else { return nil }
    let present = bytes[transfer.file] ?? []
    guard present.count == Int(transfer.size) else { return nil }
    uploads[session] = nil
    var cksum = Cksum()
    cksum.append(present.span)
    return cksum.value == transfer.cksum ? .done : .wrongCksum
  }

  mutating func breakOff(_ session: SessionID, _ reason: String) -> TransferResult? {
    uploads.removeValue(forKey: session).map {
      .interrupted(reason: reason, bytes: UInt64(bytes[$0.file]?.count ?? 0))
    }
  }
}
