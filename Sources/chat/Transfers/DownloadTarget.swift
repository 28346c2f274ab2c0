import ChatProtocol
import POSIX
import Text

/// Where a fetched file goes: into a hidden partial file until it is complete, then to its name. It never replaces a file.
struct DownloadTarget: Equatable, Sendable {
  let folder: String
  private let name: String
  private let id: MessageID

  /// `destination`: a folder, or the path that the user gave; nil for the current folder. `name` comes from the server and is not
  /// trusted.
  init(_ name: String, id: MessageID, destination: String?) {
    self.id = id
    let safe = Self.safe(name)
    guard let destination, !destination.isEmpty else {
      (folder, self.name) = (".", safe)
      return
    }
    if destination.hasSuffix("/") || (try? File.statusIfPresent(destination))??.isDirectory == true {
      (folder, self.name) = (destination.hasSuffix("/") ? String(destination.dropLast()) : destination, safe)
    } else {
      let parts = destination.split(separator: "/", omittingEmptySubsequences: false)
      folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
      self.name = String(parts.last ?? "")
    }
  }

  /// One path component that is neither hidden nor an option.
  static func safe(_ name: String) -> String {
    var safe = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { $0 == "/" || CleanText.string(from: String($0)) != String($0) ? "_" : $0 }))
    if let first = safe.first, first == "." || first == "-" { safe = "_" + safe.dropFirst() }
    return safe.isEmpty ? "_" : safe
  }

  var folderInWords: String { folder == "." ? "this folder" : folder.isEmpty ? "/" : folder }

  /// Linux's limit.
  private static let nameBytesMax = 255

  /// The partial file; `number` counts up if another transfer fetches the same file to the same place. The id distinguishes
  /// names that are cut alike.
  func part(_ number: Int) -> String {
    let ending = ".\(id)\(number > 1 ? ".\(number)" : "").part"
    return "\(folder)/.\(name.cut(toBytes: Self.nameBytesMax - 1 - ending.utf8.count))\(ending)"
  }

  /// The name, then `name (2)` and so on.
  func path(_ number: Int) -> String {
    guard number > 1 else { return "\(folder)/\(name)" }
    let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
    let ending = dot.map { String(name[$0...]) } ?? ""
    let stem = dot.map { String(name[..<$0]) } ?? name
    // The extension may be nearly all of the name.
    let room = Self.nameBytesMax - " (\(number))".utf8.count
    let cut = ending.cut(toBytes: room - 1)
    return "\(folder)/\(stem.cut(toBytes: room - cut.utf8.count)) (\(number))\(cut)"
  }
}

extension String {
  /// As many characters as fit.
  fileprivate func cut(toBytes max: Int) -> String {
    var (end, count) = (startIndex, 0)
    for index in indices {
      count += self[index].utf8.count
      if count > max { break }
      end = self.index(after: index)
    }
    return String(self[..<end])
  }
}

/// The partial file of a download, locked for this transfer.
final class PartialFile: Sendable {
  private static let attemptsMax = 100

  let path: String
  let descriptor: FileDescriptor

  private init(_ path: String, _ descriptor: consuming FileDescriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  /// An empty file is removed.
  deinit { if (try? descriptor.size()) == 0 { try? File.unlink(path) } }

  /// The target's first partial file that no other transfer uses; created if there is none.
  static func claim(_ target: DownloadTarget) throws(Errno) -> PartialFile {
    var number = 1
    for _ in 0..<attemptsMax {
      let path = target.part(number)
      let file = try File.open(path, [.readWrite, .create, .append, .noFollow], mode: 0o600)
      if try !file.tryLock() {
        number += 1
        continue
      }
      // Its former owner may have renamed it meanwhile.
      let (held, there) = (try file.status(), try File.statusIfPresent(path))
      if let there, (there.device, there.inode) == (held.device, held.inode) { return PartialFile(path, file) }
    }
    throw .wouldBlock
  }

  /// How many bytes are here already: a broken transfer continues after them.
  func offset(of size: UInt64) throws(Errno) -> UInt64 {
    let count = UInt64(try descriptor.size())
    return count < size ? count : 0
  }
}
