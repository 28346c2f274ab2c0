import ChatProtocol
import POSIX
import Testing

@testable import chat_admin

/// A file in admin/, found from this file.
private func text(of name: String) -> String {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  return String(decoding: (try? File.readWhole("/\(root)/admin/\(name)")) ?? [], as: UTF8.self)
}

private let readme = text(of: "README.md")

private let examples = readme.split(separator: "\n").filter { $0.hasPrefix(#"{"id":"#) }.map(String.init)

@Test func `the README shows every verb, exit status and error code`() {
  for verb in AdminVerb.all {
    #expect(
      readme.contains("| `\(verb.usage.dropFirst("chat-admin ".count).replacing("|", with: "\\|"))` |"), "\(verb.name)")
    #expect(readme.contains("\n$ chat-admin \(verb.name)"), "\(verb.name) has no example")
  }
  for status in chat_admin.ExitStatus.allCases { #expect(readme.contains("\n| \(status.rawValue) | "), "\(status)") }
  for code in ControlError.Code.allCases where code != .unknown {
    let row = readme.split(separator: "\n").first { $0.hasPrefix("| `") && $0.contains("`\(code.rawValue)`") }
    #expect(row?.hasSuffix(" \(chat_admin.ExitStatus(code).rawValue) |") == true, "\(code.rawValue)")
  }
}

@Test func `the manual page shows every verb with its usage and summary`() {
  let page = text(of: "man/chat-admin.8")
  for verb in AdminVerb.all {
    let usage = verb.arguments.isEmpty ? verb.name : "\(verb.name) No \(verb.arguments)"
    #expect(page.contains("\n.It Cm \(usage)\n\(verb.summary)\n"), "\(verb.name)")
  }
  for status in chat_admin.ExitStatus.allCases { #expect(page.contains("\n.It \(status.rawValue)\n"), "\(status)") }
}

@Test func `the README's requests are what the server reads`() throws {
  var verbs: Set<String> = []
  for line in examples where line.contains(#""verb":"#) {
    let call = ControlCall(decoding: Array(line.utf8))
    let request = try call.request.get()
    #expect(String(decoding: request.encode(id: call.id), as: UTF8.self) == line + "\n")
    verbs.insert(request.verb.name)
  }
  #expect(verbs == Set(ControlVerb.all.map(\.name)))
}

@Test func `the README's answers are what the server writes`() throws {
  let answers = examples.filter { !$0.contains(#""verb":"#) }
  #expect(answers.count > ControlVerb.all.count)
  for line in answers {
    let response = try ControlResponse(decoding: Array(line.utf8))
    #expect(String(decoding: response.encode(), as: UTF8.self) == line + "\n")
  }
}
