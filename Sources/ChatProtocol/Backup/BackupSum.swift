/// A line of the last member of a backup, as cksum(1) prints it: `930766865 9 users.csv`.
package struct BackupSum: Equatable, Sendable {
  package var cksum: UInt32
  /// In bytes.
  package var size: Int64
  package var name: String

  package init(cksum: UInt32, size: Int64, name: String) {
    self.cksum = cksum
    self.size = size
    self.name = name
  }

  package static func encode(_ sums: [BackupSum]) -> [UInt8] {
    Array(sums.map { "\($0.cksum) \($0.size) \($0.name)\n" }.joined().utf8)
  }

  /// nil where any line is none.
  package static func decode(_ bytes: [UInt8]) -> [BackupSum]? {
    var sums: [BackupSum] = []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines.dropLast() {
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count == 3, let cksum = UInt32(words[0]), let size = Int64(words[1]) else { return nil }
      sums.append(BackupSum(cksum: cksum, size: size, name: String(words[2])))
    }
    return bytes.last == UInt8(ascii: "\n") ? sums : nil
  }
}
