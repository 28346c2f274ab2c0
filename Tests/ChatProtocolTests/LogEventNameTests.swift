import Foundation
import Testing

@testable import ChatProtocol

@Test func `the list of log event names matches the events in the code`() throws {
  let root = URL(filePath: #filePath).appending(path: "../../..").standardized
  var logged: Set = ["message", "action"]
  for module in ["ChatCore", "ChatServer"] {
    let files = FileManager.default.enumerator(
      at: root.appending(path: "Sources/\(module)"), includingPropertiesForKeys: nil)
    for case let file as URL in try #require(files) where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      // `log("start"`, `logLogin("guest"`, `log(isBan ? "ban-ended" : "mute-ended"`, `logged: "muted"`.
      let calls = /(?:\blog\w*\(|logged:)\s*(?:[\w.$ =]+\?\s*)?"([a-z][a-z-]*)"(?:\s*:\s*"([a-z][a-z-]*)")?/
      for match in text.matches(of: calls) {
        logged.insert(String(match.1))
        if let other = match.2 { logged.insert(String(other)) }
      }
    }
  }
  #expect(logged == Set(LogEventName.all))
  #expect(LogEventName.all == LogEventName.all.sorted())
}

@Test(arguments: [
  ("go home", "go home.", "go home"), ("go home.", "go home.", "go home"), ("why?", "why?", "why?"), ("…", "…", "…"),
  ("", "", ""), ("so...", "so...", "so..."),
])
func `a text ends a sentence with one mark, and has no mark inside a sentence`(
  words: String, sentence: String, clause: String
) {
  #expect(words.asSentence == sentence && words.asClause == clause)
}
