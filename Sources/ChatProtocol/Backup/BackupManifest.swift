import JSON

/// The first member of a backup: `{"version":1,"server":"0.1.0","time":"…","files":[{"name":"users.csv","size":104}]}`.
package struct BackupManifest: Equatable, Sendable {
  package struct File: Equatable, Sendable {
    package var name: String
    /// In bytes.
    package var size: Int64

    package init(name: String, size: Int64) {
      self.name = name
      self.size = size
    }
  }

  /// The only version so far.
  private static let version = 1

  /// The version of the server that wrote it.
  package var server: String
  /// The instant of the backup.
  package var time: Timestamp
  /// In the order of the archive.
  package var files: [File]

  package init(server: String, time: Timestamp, files: [File]) {
    self.server = server
    self.time = time
    self.files = files
  }

  /// Of all files together.
  package var bytes: Int64 { files.reduce(0) { $0 + $1.size } }

  package func encode() -> [UInt8] { json.pretty }

  /// Reads what `encode` writes; unknown keys are ignored. It accepts only names that a backup may have, each once, and
  /// requires all that it must have.
  package init(decoding bytes: [UInt8]) throws(CodingError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw CodingError("it is not JSON: \(error.problem)")
    }
    var reader = try RecordReader(value, Self.meaning)
    self = Self.blank
    try code(&reader)
    let names = Set(files.map(\.name))
    if names.count < files.count { throw CodingError("it lists a file twice") }
    if let missing = BackupName.required.first(where: { !names.contains($0) }) {
      throw CodingError("it does not list \(missing)")
    }
    var sum: Int64 = 0
    for file in files {
      let (next, isOver) = sum.addingReportingOverflow(file.size)
      if isOver { throw CodingError("its files are larger than any disk") }
      sum = next
    }
  }
}

extension BackupManifest: CodedRecord {
  package static let meaning = "it"
  package static let blank = BackupManifest(server: "", time: .first, files: [])

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var version = Self.version
    try coder.field("version", &version)
    if version != Self.version {
      try coder.fail("it has version \(version); this program reads version \(Self.version)")
    }
    try coder.field("server", &server)
    try coder.field("time", &time)
    try coder.field("files", &files)
  }
}

extension BackupManifest.File: CodedRecord {
  package static let meaning = "a file"
  package static let blank = BackupManifest.File(name: "", size: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("name", &name)
    try coder.field("size", &size)
    if !BackupName.isKnown(name) { try coder.fail("it lists a file that no backup has") }
  }
}

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

  /// nil for invalid lines.
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
