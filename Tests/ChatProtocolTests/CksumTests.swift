import Testing

@testable import ChatProtocol

private func cksum(_ bytes: [UInt8], inPiecesOf size: Int) -> UInt32 {
  var cksum = Cksum()
  for start in stride(from: 0, to: bytes.count, by: size) {
    cksum.append(bytes.span.extracting(start..<min(start + size, bytes.count)))
  }
  return cksum.value
}

/// What cksum(1) of the GNU coreutils prints of these bytes.
private let known: [(bytes: [UInt8], cksum: UInt32)] = [
  ([], 4_294_967_295),
  (Array("a".utf8), 1_220_704_766),
  (Array("123456789".utf8), 930_766_865),
  (Array("hello, world\n".utf8), 1_398_783_287),
  ((0..<1000).map { UInt8($0 % 251) }, 4_196_781_846),
]

@Test(arguments: known, [1, 3, 7, 8, 9, 64, 1000])
func `bytes have the CRC of cksum, in pieces of any size`(
  known: (bytes: [UInt8], cksum: UInt32), size: Int
) {
  #expect(cksum(known.bytes, inPiecesOf: size) == known.cksum)
}

@Test func `bytes are counted`() {
  var cksum = Cksum()
  cksum.append([1, 2, 3].span)
  cksum.append([4].span)
  #expect(cksum.count == 4)
}
