import TestSupport
import Testing

@testable import Tar

@Test func `any bytes give the same result, in one piece or in many`() throws {
  func member(_ name: String, _ size: Int) -> [UInt8] {
    TarMember(name: name, size: Int64(size), modifiedSeconds: 1_763_669_462).header + [UInt8](repeating: 7, count: size)
      + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(size)))
  }
  let large = TarMember(name: "chat.log", size: 9_876_543_210_987, modifiedSeconds: 0).header
  try Fuzz(
    "tar",
    [member("users.csv", 100) + member("files/7", 512) + member("empty", 0) + TarMember.end, large, TarMember.end],
    words: ["ustar", "77777777777", "29 size=9223372036854775807\n"]
  ).run { input in
    // Without a corrected checksum the reader would reject nearly every changed header at once.
    if Bool.random(using: &input.random) { mendChecksums(&input.bytes) }
    let whole = read([input.bytes])
    let inPieces = read(input.pieces())
    #expect(whole.said == inPieces.said && whole.bytes == inPieces.bytes, "\(input)")
    #expect(whole.bytes <= input.bytes.count, "\(input)")
  }
}

/// What a reader reports: the size of each member, and how the archive ended.
private func read(_ pieces: [[UInt8]]) -> (said: [String], bytes: Int) {
  var reader = TarReader()
  var (said, bytes): ([String], Int) = ([], 0)
  do throws(TarError) {
    for piece in pieces {
      reader.append(piece.span)
      while let event = try reader.next() {
        switch event {
        case .member(let member): said.append("\(member)")
        case .bytes(let range): bytes += reader.buffer[range].count
        case .memberEnd: said.append("end of \(bytes)")
        case .end: said.append("end")
        }
      }
    }
  } catch {
    said.append("\(error)")
  }
  return (said, bytes)
}

private func mendChecksums(_ bytes: inout [UInt8]) {
  for start in stride(from: 0, to: bytes.count - TarMember.blockBytes + 1, by: TarMember.blockBytes) {
    guard bytes[start + 257] == UInt8(ascii: "u") else { continue }
    let digits = String(TarMember.checksum(of: bytes[start..<start + TarMember.blockBytes]), radix: 8)
    let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\u{0} "
    bytes.replaceSubrange(start + 148..<start + 156, with: text.utf8.prefix(8))
  }
}
