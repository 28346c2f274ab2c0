import POSIX
import Testing

@Suite struct LinkTests {
  @Test(arguments: try Documents.files(".md"))
  func `the target of every link exists`(document: String) throws {
    for link in try Documents.links(of: document) {
      #expect(try File.statusIfPresent("\(Documents.root)/\(link)") != nil, "\(document) links to \(link)")
    }
  }

  @Test(arguments: try Documents.files(".md"))
  func `the target of every link to a heading exists`(document: String) throws {
    for link in try Documents.linkedHeadings(of: document) where link.document.hasSuffix(".md") {
      #expect(
        try Documents.anchors(of: link.document).contains(link.anchor),
        "\(document) links to \(link.document)#\(link.anchor)")
    }
  }

  @Test func `every document can be reached from the first one`() throws {
    var reached: Set = ["README.md"]
    var toRead = ["README.md"]
    while let document = toRead.popLast() {
      for link in try Documents.links(of: document) where link.hasSuffix(".md") && reached.insert(link).inserted {
        toRead.append(link)
      }
    }
    #expect(try Set(Documents.files(".md")) == reached)
  }

  @Test func `every source file is on the map, or in a folder with a line there`() throws {
    let map = Set(try Documents.links(of: "Sources/README.md"))
    let sources = try Documents.files(".swift", in: "Sources") + Documents.files(".swift", in: "admin")
    #expect(!sources.isEmpty)
    for file in sources {
      let folder = file.split(separator: "/").dropLast().joined(separator: "/") + "/"
      #expect(map.contains(file) || map.contains(folder), "Sources/README.md has no line for \(file)")
    }
  }
}
