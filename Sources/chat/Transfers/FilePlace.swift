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

  /// What has come so far; another one where somebody else fetches the same file to the same place.
  func part(_ number: Int) -> String { "\(folder)/.\(name).\(id)\(number > 1 ? ".\(number)" : "").part" }

  /// The name at the first attempt, `name (2)` and so on at those after it.
  func path(_ number: Int) -> String {
    guard number > 1 else { return "\(folder)/\(name)" }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "\(folder)/\(name) (\(number))" }
    return "\(folder)/\(name[..<dot]) (\(number))\(name[dot...])"
  }
}
