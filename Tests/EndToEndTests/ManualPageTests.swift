import POSIX
import Testing

/// The manual pages in `admin/man` list the same as `--help`.
@Suite struct ManualPageTests {
  private func page(_ name: String) throws -> String {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try File.readWhole("\(root)/admin/man/\(name)"), as: UTF8.self)
  }

  private func help(_ program: String, _ words: [String] = []) throws -> String {
    let ended = try Program.run(program, words + ["--help"])
    #expect(ended.status == 0)
    return ended.output
  }

  private func options(ofHelp help: String) -> Set<String> {
    Set(help.matches(of: /\n +(?:-[a-z], )?--([a-z-]+)/).map { String($0.1) })
  }

  private func options(ofPage page: String) -> Set<String> {
    Set(page.matches(of: /\n\.It Fl -([a-z-]+)/).map { String($0.1) })
  }

  private func check(_ inPage: Set<String>, against inHelp: Set<String>, _ what: String, in name: String) {
    for missing in inHelp.subtracting(inPage).sorted() {
      Issue.record("admin/man/\(name) lacks \(missing): add a line '.It \(what)\(missing)' and its sentence below it")
    }
    for surplus in inPage.subtracting(inHelp).sorted() {
      Issue.record("admin/man/\(name) has \(surplus), which --help does not: remove its '.It \(what)\(surplus)'")
    }
  }

  @Test(arguments: [("chat-server", "chat-server.8"), ("chat", "chat.1")])
  func `the page has exactly the options`(program: String, name: String) throws {
    let inHelp = options(ofHelp: try help(program))
    #expect(inHelp.count > 5)
    check(options(ofPage: try page(name)), against: inHelp, "Fl -", in: name)
  }

  @Test func `the page has exactly the commands and options of chat-admin`() throws {
    let name = "chat-admin.8"
    let help = try help("chat-admin")
    let list = try #require(help.split(separator: "\n\n").first { $0.hasPrefix("Commands:\n") })
    // A summary on a line of its own is indented far to the right.
    let commands = list.split(separator: "\n").filter { $0.firstMatch(of: /^  [a-z]/) != nil }
    let verbs = commands.map { line in
      line.split(separator: " ").prefix(line.firstMatch(of: /^  [a-z]+ [a-z]/) != nil ? 2 : 1).joined(separator: " ")
    }
    #expect(verbs.count > 10)
    var inHelp = options(ofHelp: help)
    for verb in verbs {
      inHelp.formUnion(options(ofHelp: try self.help("chat-admin", verb.split(separator: " ").map(String.init))))
    }
    let text = try page(name)
    let inPage = text.matches(of: /\n\.It Cm ([a-z ]*[a-z])/).map { String($0.1) }
    check(Set(inPage), against: Set(verbs), "Cm ", in: name)
    check(options(ofPage: text), against: inHelp, "Fl -", in: name)
  }
}
