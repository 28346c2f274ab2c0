import Testing

@testable import Tar

/// An archive of these files.
private func archive(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
  files.flatMap { file in
    TarMember(name: file.name, size: Int64(file.bytes.count), modifiedSeconds: 1_763_669_462).header + file.bytes
      + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(file.bytes.count)))
  } + TarMember.end
}

private let files: [(name: String, bytes: [UInt8])] = [
  ("empty", []), ("users.csv", Array("name,password\n".utf8)), ("files/7", [UInt8](repeating: 7, count: 512)),
  ("chat.log.1", [UInt8](repeating: 1, count: 1300)),
]

/// What a reader reports for bytes in pieces of a given length: `name:count` for each member, and `end`.
private func read(_ bytes: [UInt8], inPiecesOf length: Int = .max) throws(TarError) -> [String] {
  var reader = TarReader()
  var said: [String] = []
  var member: (name: String, bytes: [UInt8]) = ("", [])
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = Array(rest.prefix(length))
    reader.append(piece.span)
    rest = rest.dropFirst(length)
    while let event = try reader.next() {
      switch event {
      case .member(let next): member = (next.name, [])
      case .bytes(let range): member.bytes += reader.buffer[range]
      case .memberEnd:
        let isWhole = files.contains { $0.name == member.name && $0.bytes == member.bytes }
        said.append("\(member.name):\(isWhole ? "whole" : "other")")
      case .end: said.append("end")
      }
    }
  }
  return said
}

private let whole = ["empty:whole", "users.csv:whole", "files/7:whole", "chat.log.1:whole", "end"]

@Test(arguments: [1, 7, 511, 512, 513, 4096, .max])
func `an archive is read as it was written, in pieces of any length`(length: Int) throws {
  #expect(try read(archive(files), inPiecesOf: length) == whole)
}

@Test func `an archive truncated anywhere has no end`() throws {
  let bytes = archive(files)
  // Up to one byte before the end of the second zero block.
  for count in 0..<bytes.count { #expect(try !read(Array(bytes[..<count])).contains("end"), "\(count)") }
}

@Test func `zeros after the end are skipped, and other bytes are an error`() throws {
  let bytes = archive(files)
  #expect(try read(bytes + [UInt8](repeating: 0, count: 10240)) == whole)
  #expect(throws: TarError.notOver) { try read(bytes + [0, 1]) }
}

@Test func `a changed byte in a header is an error`() throws {
  let bytes = archive([files[1]])
  // Except in the checksum field: a space may replace a leading zero, and bytes after its end are ignored.
  for index in 0..<TarMember.blockBytes where index != 148 && index != 155 {
    var changed = bytes
    changed[index] ^= 0x10
    #expect(throws: TarError.self, "\(index)") { try read(changed) }
  }
}

private let sizes: [Int64] = [0, 1, 0o777_7777_7777, 0o1_0000_0000_0000, 9_876_543_210_987, .max]

@Test(arguments: sizes)
func `a size of any length is read back`(size: Int64) throws {
  let member = TarMember(
    name: "chat.log", size: size, modifiedSeconds: 1_763_669_462, mode: 0o640, userID: 1000, groupID: 100)
  #expect(member.header.count == (size > 0o777_7777_7777 ? 3 : 1) * 512)
  var reader = TarReader()
  reader.append(member.header.span)
  #expect(try reader.next() == .member(member))
}

@Test func `members that are not files have their type`() throws {
  for (letter, kind) in [("5", TarMember.Kind.other(53)), ("2", .other(50)), ("L", .other(76)), ("0", .file)] {
    var header = TarMember(name: "x", size: 0, modifiedSeconds: 0).header
    header[156] = letter.utf8.first!
    header.replaceSubrange(148..<154, with: String(TarMember.checksum(of: header[...]), radix: 8).padded)
    var reader = TarReader()
    reader.append(header.span)
    guard case .member(let member)? = try reader.next() else {
      Issue.record("\(letter) is no member")
      continue
    }
    #expect(member.kind == kind)
  }
}

@Test(arguments: ["5 a=b\n", "12 path=/x\n", "99 size=5\n", "10 size=-\n", "size=5\n", ""])
func `an extended header with anything but a size is an error`(line: String) throws {
  var header = TarMember(name: "PaxHeader/x", size: Int64(line.utf8.count), modifiedSeconds: 0).header
  header[156] = TarMember.extended
  header.replaceSubrange(148..<154, with: String(TarMember.checksum(of: header[...]), radix: 8).padded)
  let bytes =
    header + Array(line.utf8) + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(line.utf8.count)))
  #expect(throws: TarError.foreignHeader) { try read(bytes + TarMember(name: "x", size: 0, modifiedSeconds: 0).header) }
}

@Test func `bytes that are not an archive are an error at once`() {
  #expect(throws: TarError.noHeader) { try read(Array("name,password\n".utf8) + [UInt8](repeating: 32, count: 600)) }
}

extension String {
  /// As six octal digits.
  fileprivate var padded: [UInt8] { Array((String(repeating: "0", count: 6 - utf8.count) + self).utf8) }
}
