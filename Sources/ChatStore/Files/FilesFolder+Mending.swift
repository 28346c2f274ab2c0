import ChatCore
import ChatProtocol
import POSIX

/// Something in the folder with the bytes that does not fit what `files.json` says.
struct FileMismatch: Equatable {
  /// nil where the bytes have no entry.
  var id: MessageID?
  /// What is in the folder.
  var path: String
  var problem: String
}

// What a crash, or somebody's hand, left in the folder.
extension FilesFolder {
  /// Takes back what was half done when the server died: a file whose record never stood is a part again, and a part that nobody can
  /// go on with goes, as does a file that was taken away.
  func mend(_ records: [FileRecord], gone: [MessageID]) {
    for id in gone { discard(id) }
    let unfinished = Set(records.filter { $0.shared == nil }.map(\.id))
    for id in unfinished { do throws(Errno) { try unfinish(id) } catch {} }
    for name in names {
      guard let id = FilesFolder.id(of: name, ".gone") ?? FilesFolder.id(of: name, ".part"),
        name.hasSuffix(".gone") || !unfinished.contains(id)
      else { continue }
      do throws(Errno) { try File.unlink("\(path)/\(name)") } catch {}
    }
  }

  /// What is listed and not there, and what is there and not listed. It changes nothing.
  /// `gone` are those that the next start removes.
  func mismatches(with records: [FileRecord], gone: [MessageID]) -> [FileMismatch] {
    var found: [FileMismatch] = []
    var known = Set(gone.map { "\($0)" })
    for record in records {
      known.insert("\(record.id)")
      known.insert("\(record.id).part")
      if record.shared == nil { continue }
      let status = try? File.status(whole(record.id))
      if let status, status.isRegular, status.size == Int64(record.size) { continue }
      let state = status.map { "has \($0.size) bytes" } ?? "is missing"
      found.append(
        FileMismatch(
          id: record.id, path: whole(record.id),
          problem: "\(whole(record.id)) \(state), and \(record.size) bytes of \"\(record.name)\" should be there; "
            + "put them back, or take the entry out"))
    }
    for name in names where !known.contains(name) && FilesFolder.id(of: name, ".part") == nil {
      if FilesFolder.id(of: name, ".gone") != nil { continue }
      found.append(
        FileMismatch(
          id: nil, path: "\(path)/\(name)",
          problem: "files.json has no entry for this file; put the entry back, or move the file out of \(path)"))
    }
    return found
  }

  private var names: [String] { (try? File.names(inDirectory: path)) ?? [] }

  private static func id(of name: String, _ suffix: String) -> MessageID? {
    guard name.hasSuffix(suffix) else { return nil }
    let digits = name.dropLast(suffix.count)
    return digits.utf8.allSatisfy(\.isASCIIDigit) ? MessageID(digits) : nil
  }
}
