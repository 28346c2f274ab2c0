import Testing

@testable import ChatProtocol

private let time = Timestamp("2026-11-20T20:11:02.123Z")!

private func manifest(_ files: String, version: String = "1") -> [UInt8] {
  Array(#"{"version":\#(version),"server":"0.1.0","time":"\#(time)","files":[\#(files)],"more":7}"#.utf8)
}

private let required = BackupName.required.map { #"{"name":"\#($0)","size":3}"# }.joined(separator: ",")

@Test(arguments: [
  "users.csv", "rooms.json", "state.json", "settings.json", "chat.log", "chat.log.1", "chat.log.20.gz", "files/7",
  "files/9007199254740991", "tls/certificate.pem", "tls/key.pem",
])
func `a backup can contain the files of a data folder`(name: String) { #expect(BackupName.isKnown(name)) }

@Test(arguments: [
  "", ".", "..", "../users.csv", "/users.csv", "./users.csv", "users.csv/", "Users.csv", "journal.jsonl", "lock",
  "control.sock", "chat.log.", "chat.log.0", "chat.log.01", "chat.log.x", "chat.log.1.exe", "chat.log.1/../../x",
  "chat.log.-1", "chat.log.99999999999999999999", "files", "files/", "files/0", "files/07", "files/x", "files/7.part",
  "files/../users.csv", "files/7/8", "files//7", "users.csv\u{0}", "files/123456789012345678901",
  "tls", "tls/", "tls/other.pem", "tls/../users.csv", "key.pem",
])
func `a backup cannot contain other paths, such as paths outside the folder`(name: String) {
  #expect(!BackupName.isKnown(name))
}

@Test func `a manifest reads back, and unknown members are ignored`() throws {
  let written = BackupManifest(
    server: "0.1.0", time: time,
    files: BackupName.required.map { BackupManifest.File(name: $0, size: 9_876_543_210) })
  #expect(try BackupManifest(decoding: written.encode()) == written)
  #expect(written.bytes == 4 * 9_876_543_210)
  #expect(try BackupManifest(decoding: manifest(required)).files.count == 4)
}

@Test(arguments: [
  (manifest(required, version: "2"), "it has version 2"), (Array("{".utf8), "it is not JSON"),
  (Array("[]".utf8), "it must be a JSON object"), (manifest(required + "," + required), "it lists a file twice"),
  (manifest(#"{"name":"users.csv","size":3}"#), "it does not list rooms.json"),
  (manifest(required + #",{"name":"../x","size":3}"#), "it lists a file that no backup has"),
  (manifest(required + #",{"name":"files/1","size":-1}"#), "\"size\" of a file must be a whole number from 0"),
  (
    manifest(required + #",{"name":"files/1","size":9223372036854775807}"#), "its files are larger than any disk"
  ),
])
func `the error for an invalid backup manifest says what is wrong`(bytes: [UInt8], problem: String) {
  let error = #expect(throws: CodingError.self) { try BackupManifest(decoding: bytes) }
  #expect(error?.problem.hasPrefix(problem) == true, "\(error?.problem ?? "")")
}

@Test func `checksums are written as cksum prints them, and read back`() {
  let sums = [
    BackupSum(cksum: 930_766_865, size: 9, name: "users.csv"), BackupSum(cksum: .max, size: 0, name: "chat.log"),
  ]
  let text = "930766865 9 users.csv\n4294967295 0 chat.log\n"
  #expect(String(decoding: BackupSum.encode(sums), as: UTF8.self) == text)
  #expect(BackupSum.decode(Array(text.utf8)) == sums)
  for bad in ["", "1 2 x", "1 x\n", "x 2 y\n", "4294967296 2 y\n", "1 2 x\n\n"] {
    #expect(BackupSum.decode(Array(bad.utf8)) == nil, "\(bad)")
  }
}

@Test func `rotated log files are recognized by their number`() {
  #expect(LogPieceName("chat.log.12", of: "chat.log")?.number == 12)
  #expect(LogPieceName("chat.log.2.zst", of: "chat.log")?.isCompressed == true)
  #expect(LogPieceName("chat.log.2", of: "other.log") == nil)
  #expect(LogPieceName("chat.log", of: "chat.log") == nil)
}
