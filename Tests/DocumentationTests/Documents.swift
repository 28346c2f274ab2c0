import POSIX

/// The repository that contains this file. Paths are relative to its top, such as `Sources/README.md`.
enum Documents {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Every file with this extension in the folder and below, without hidden folders such as the build folder.
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

  private static func text(of document: String) throws -> String {
    String(decoding: try File.readWhole("\(root)/\(document)"), as: UTF8.self)
  }

  /// The targets of the document's links in the repository, without the part after a `#`. A trailing slash stays.
  static func links(of document: String) throws -> [String] {
    try text(of: document).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/).map { path(of: $0.1, in: document) }
  }

  /// The links to headings: the document, which may be this one, and the anchor.
  static func linkedHeadings(of document: String) throws -> [(document: String, anchor: String)] {
    try text(of: document).matches(of: /\]\(([^)#:]*)#([^)]+)\)/).map { match in
      (match.1.isEmpty ? document : path(of: match.1, in: document), String(match.2))
    }
  }

  /// The anchors that a code host gives the document's headings.
  static func anchors(of document: String) throws -> Set<String> {
    var isCode = false
    var anchors: Set<String> = []
    for line in try text(of: document).split(separator: "\n") {
      if line.hasPrefix("```") { isCode.toggle() }
      guard !isCode, line.hasPrefix("#") else { continue }
      let title = line.drop { $0 == "#" }.dropFirst().lowercased().replacing(" ", with: "-")
      anchors.insert(title.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }
    return anchors
  }

  private static func path(of link: Substring, in document: String) -> String {
    var parts = Array(document.split(separator: "/").dropLast())
    for part in link.split(separator: "/") {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/") + (link.hasSuffix("/") ? "/" : "")
  }
}
