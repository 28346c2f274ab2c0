import ChatProtocol
import POSIX
import Tar
import Testing

@testable import chat_admin

/// A backup of these files, as the server writes it. Its parts can be damaged.
struct SampleBackup {
  var files: [(name: String, bytes: [UInt8])] = [
    ("users.csv", Array("name,password\n".utf8)),
    ("rooms.json", Array(#"{"version":1,"rooms":[]}"#.utf8)),
    ("state.json", Array(#"{"version":1,"clean":true,"id":0,"users":[]}"#.utf8)),
    ("chat.log.1", [UInt8](repeating: UInt8(ascii: "x"), count: 1500)), ("chat.log", []), ("files/7", [1, 2, 3]),
  ]
  /// The files in the manifest, if they differ.
  var listed: [(name: String, bytes: [UInt8])]?
  /// The files in the checksums, if they differ.
  var summed: [(name: String, bytes: [UInt8])]?
  /// A member after the files.
  var more: [UInt8] = []

  static func member(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    TarMember(name: name, size: Int64(bytes.count), modifiedSeconds: 0).header + bytes
      + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(bytes.count)))
  }

  var bytes: [UInt8] {
    let manifest = BackupManifest(
      server: "0.1.0", time: Timestamp(milliseconds: 0),
      files: (listed ?? files).map { BackupManifest.File(name: $0.name, size: Int64($0.bytes.count)) })
    let sums = (summed ?? files).map { file in
      var cksum = Cksum()
      cksum.append(file.bytes.span)
      return BackupSum(cksum: cksum.value, size: Int64(cksum.count), name: file.name)
    }
    return Self.member(BackupName.manifest, manifest.encode()) + files.flatMap { Self.member($0.name, $0.bytes) } + more
      + Self.member(BackupName.sums, BackupSum.encode(sums)) + TarMember.end
  }
}

/// The names of the extracted files, if the backup is complete.
private func read(_ bytes: [UInt8], inPiecesOf length: Int = .max) throws(BackupReader.Error) -> [String] {
  var reader = BackupReader()
  var names: [String] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    reader.append(Array(rest.prefix(length)))
    rest = rest.dropFirst(length)
    while let event = try reader.next() {
      if case .file(let file) = event { names.append(file.name) }
      if case .end(_, let sums) = event {
        #expect(sums.map(\.name) == names)
        return names
      }
    }
  }
  throw reader.incomplete
}

@Suite struct BackupReaderTests {
  @Test(arguments: [1, 100, 512, 4096, .max])
  func `a backup is read in pieces of any length`(length: Int) throws {
    let backup = SampleBackup()
    #expect(try read(backup.bytes, inPiecesOf: length) == backup.files.map(\.name))
  }

  @Test func `a truncated backup is incomplete`() {
    let bytes = SampleBackup().bytes
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let fault = #expect(throws: BackupReader.Error.self) { try read(Array(bytes[..<count])) }
      // Before its manifest it is not recognized as a backup.
      #expect(
        fault?.problem.hasPrefix("it is not a backup") == true || fault?.problem.hasPrefix("it is incomplete") == true,
        "\(count): \(fault?.problem ?? "")")
    }
  }

  @Test func `a changed byte is detected anywhere`() throws {
    let backup = SampleBackup()
    let bytes = backup.bytes
    let manifest = TarMember.blockBytes..<3 * TarMember.blockBytes
    // Not detected: padding of members, another valid time in the manifest, and an unused byte of a header.
    for index in bytes.indices where bytes[index] != 0 && !manifest.contains(index) && index % 512 != 155 {
      var changed = bytes
      changed[index] ^= 0x04
      #expect(throws: BackupReader.Error.self, "\(index)") { try read(changed) }
    }
    // The error names the file.
    for (name, content) in backup.files where !content.isEmpty {
      var changed = bytes
      let start = try #require(
        bytes.indices.first { $0 > 1024 && bytes[$0...].starts(with: content) && $0 % 512 == 0 }, "\(name)")
      changed[start] ^= 0x01
      #expect(throws: BackupReader.Error("it is damaged: the checksum of \(name) does not match")) { try read(changed) }
    }
  }

  @Test func `a missing shared file is accepted, any other is not`() throws {
    var backup = SampleBackup()
    backup.listed = backup.files
    backup.files.removeLast()
    #expect(try read(backup.bytes) == backup.files.map(\.name))
    backup.files.removeLast()
    #expect(throws: BackupReader.Error("it lacks chat.log, which is in its manifest")) { try read(backup.bytes) }
    backup = SampleBackup()
    backup.listed = backup.files
    backup.files.remove(at: 1)
    #expect(throws: BackupReader.Error("it lacks rooms.json, which is in its manifest")) { try read(backup.bytes) }
  }

  @Test func `files that differ from the manifest are refused`() {
    var backup = SampleBackup()
    backup.listed = backup.files
    backup.files.append(("files/8", [1]))
    #expect(throws: BackupReader.Error("it contains a file that is not in its manifest")) { try read(backup.bytes) }
    backup = SampleBackup()
    backup.listed = backup.files
    backup.files[0].bytes += [0]
    #expect(throws: BackupReader.Error("users.csv in it has another size than in its manifest")) {
      try read(backup.bytes)
    }
    backup = SampleBackup()
    backup.summed = backup.files.reversed()
    #expect(throws: BackupReader.Error("it is damaged: its sums are not those of its files")) { try read(backup.bytes) }
  }

  @Test(arguments: ["../users.csv", "/etc/passwd", "files/../../x", "journal.jsonl"])
  func `a name that leads out of the folder is refused`(name: String) {
    var backup = SampleBackup()
    backup.files.append((name, [1]))
    let fault = #expect(throws: BackupReader.Error.self) { try read(backup.bytes) }
    #expect(fault?.problem.contains("it lists a file that no backup has") == true)
    // It is also rejected if the manifest does not list it.
    backup.listed = SampleBackup().files
    #expect(throws: BackupReader.Error("it contains a file that is not in its manifest")) { try read(backup.bytes) }
  }

  @Test(arguments: ["1", "2", "3", "4", "5", "6", "L"])
  func `a link, a device or a directory is refused`(letter: String) {
    var backup = SampleBackup()
    backup.files.removeLast()
    var header = TarMember(name: "files/7", size: 0, modifiedSeconds: 0).header
    header[156] = letter.utf8.first!
    let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    let digits = String(sum, radix: 8)
    header.replaceSubrange(148..<154, with: (String(repeating: "0", count: 6 - digits.count) + digits).utf8)
    backup.more = header
    #expect(throws: BackupReader.Error("it contains something other than files")) {
      try read(backup.bytes)
    }
  }

  @Test func `another archive, or no archive, is not a backup`() {
    let none = BackupReader.Error("it is not a backup made by chat-admin")
    #expect(throws: none) { try read(SampleBackup.member("users.csv", [1]) + TarMember.end) }
    #expect(throws: none) { try read(TarMember.end) }
    #expect(throws: none) { try read([UInt8](repeating: 65, count: 2000)) }
    #expect(throws: none) { try read([]) }
  }
}
