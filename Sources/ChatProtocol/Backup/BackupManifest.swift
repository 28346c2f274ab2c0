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

  /// The one that this program writes and reads.
  private static let version = 1

  /// The version of the server that wrote it.
  package var server: String
  /// The instant that the files show.
  package var time: Timestamp
  /// In the order in which they stand in the archive.
  package var files: [File]

  package init(server: String, time: Timestamp, files: [File]) {
    self.server = server
    self.time = time
    self.files = files
  }

  /// Of all files together.
  package var bytes: Int64 { files.reduce(0) { $0 + $1.size } }

  package func encode() -> [UInt8] {
    let files = files.map { ["name": .string($0.name), "size": .int($0.size)] as JSONValue }
    return
      ([
        "version": .int(Self.version), "server": .string(server), "time": .string(time.description),
        "files": .array(files),
      ] as JSONValue).pretty
  }

  /// Reads what `encode` writes; keys that are not known are passed over. Only names that a backup may hold, each once, and
  /// all that it must hold.
  package init(decoding bytes: [UInt8]) throws(ControlDecodingError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw ControlDecodingError("it is not JSON: \(error.problem)")
    }
    let object = try ControlObject(value, "it")
    let version = try object.int("version")
    guard version == Self.version else {
      throw ControlDecodingError("it is of version \(version), and this program knows \(Self.version) alone")
    }
    server = try object.string("server")
    time = try object.value("time", "a time") { $0.string.flatMap { Timestamp($0) } }
    files = try object.array("files", of: File.init(json:))
    let names = Set(files.map(\.name))
    guard names.count == files.count else { throw ControlDecodingError("it names a file twice") }
    if let missing = BackupName.required.first(where: { !names.contains($0) }) {
      throw ControlDecodingError("it names no \(missing)")
    }
    var sum: Int64 = 0
    for file in files {
      let (next, isOver) = sum.addingReportingOverflow(file.size)
      guard !isOver else { throw ControlDecodingError("its files are larger than any disk") }
      sum = next
    }
  }
}

extension BackupManifest.File {
  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "a file")
    name = try object.string("name")
    size = Int64(try object.int("size"))
    guard BackupName.isKnown(name) else { throw ControlDecodingError("it names a file that no backup holds") }
    guard size >= 0 else { throw ControlDecodingError("a file of it is shorter than nothing") }
  }
}
