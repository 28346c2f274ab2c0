import ChatProtocol
import POSIX
import Text

/// Where a file that is fetched goes: beside under a name of its own until it is whole, then under its name, never in the place
/// of anything.
struct FilePlace: Equatable, Sendable {
  let folder: String
  private let name: String
  private let id: MessageID

  /// `wish`: a folder, or the path that the person wants; nil for the folder that one is in. `name` is the server's, which
  /// nobody trusts.
  init(_ name: String, id: MessageID, wish: String?) {
    self.id = id
    let safe = Self.safe(name)
    guard let wish, !wish.isEmpty else {
      (folder, self.name) = (".", safe)
      return
    }
    if wish.hasSuffix("/") || (try? File.statusIfPresent(wish))??.isDirectory == true {
      (folder, self.name) = (wish.hasSuffix("/") ? String(wish.dropLast()) : wish, safe)
    } else {
      let parts = wish.split(separator: "/", omittingEmptySubsequences: false)
      folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
      self.name = String(parts.last ?? "")
    }
  }

  /// One component that hides nowhere and is no option.
  static func safe(_ name: String) -> String {
    var safe = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { $0 == "/" || CleanText.string(from: String($0)) != String($0) ? "_" : $0 }))
    if let first = safe.first, first == "." || first == "-" { safe = "_" + safe.dropFirst() }
    return safe.isEmpty ? "_" : safe
  }

  var folderInWords: String { folder == "." ? "this folder" : folder.isEmpty ? "/" : folder }

  /// As long as a name may be on Linux, in bytes.
  private static let nameBytesMax = 255

  /// What has come so far; another one where somebody else fetches the same file to the same place. The id tells apart what is
  /// cut alike.
  func part(_ number: Int) -> String {
    let ending = ".\(id)\(number > 1 ? ".\(number)" : "").part"
    return "\(folder)/.\(name.cut(toBytes: Self.nameBytesMax - 1 - ending.utf8.count))\(ending)"
  }

  /// The name at the first attempt, `name (2)` and so on at those after it.
  func path(_ number: Int) -> String {
    guard number > 1 else { return "\(folder)/\(name)" }
    let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
    let ending = dot.map { String(name[$0...]) } ?? ""
    let stem = dot.map { String(name[..<$0]) } ?? name
    // What is called an ending there may be nearly all of the name.
    let room = Self.nameBytesMax - " (\(number))".utf8.count
    let cut = ending.cut(toBytes: room - 1)
    return "\(folder)/\(stem.cut(toBytes: room - cut.utf8.count)) (\(number))\(cut)"
  }
}

extension String {
  /// As many of its characters as there is room for.
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
