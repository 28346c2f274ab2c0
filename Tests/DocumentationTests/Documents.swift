import POSIX

/// The repository as it lies around this file: paths are below its top, such as `Sources/README.md`.
enum Documents {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Every file of this name's ending in the folder and below, hidden folders (the build's among them) left out.
  static func files(_ ending: String, in folder: String = "") throws -> [String] {
    var files: [String] = []
    for name in try File.names(inDirectory: "\(root)/\(folder)") where !name.hasPrefix(".") {
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      if try File.statusOfLink("\(root)/\(path)").isDirectory {
        files += try self.files(ending, in: path)
      } else if name.hasSuffix(ending) {
        files.append(path)
      }
    }
    return files
  }

  /// What the document's links lead to within the repository, without what follows a `#`. A slash at the end stays.
  static func links(of document: String) throws -> [String] {
    let text = String(decoding: try File.readWhole("\(root)/\(document)"), as: UTF8.self)
    let folder = document.split(separator: "/").dropLast()
    return text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/).map { match in
      var parts = Array(folder)
      for part in match.1.split(separator: "/") {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
      }
      return parts.joined(separator: "/") + (match.1.hasSuffix("/") ? "/" : "")
    }
  }
}
