import Tar

/// The members of a whole tar archive as texts, by their names.
package enum ArchiveMembers {
  /// The archive has no end.
  package struct Cut: Error {}

  package static func of(_ archive: [UInt8]) throws -> [String: String] {
    var reader = TarReader()
    reader.append(archive.span)
    var members: [String: String] = [:]
    var name = ""
    while let event = try reader.next() {
      switch event {
      case .member(let member): (name, members[member.name]) = (member.name, "")
      case .bytes(let range): members[name]! += String(decoding: reader.buffer[range], as: UTF8.self)
      case .memberEnd: break
      case .end: return members
      }
    }
    throw Cut()
  }
}
