import Foundation
import Testing

@testable import ChatProtocol

/// Checks of Sources/ChatProtocol/README.md.
private struct Readme {
  struct Block: Equatable {
    var language: String
    var text: String
  }

  var lines: [Substring]
  /// The fenced blocks under each heading.
  var blocks: [String: [Block]] = [:]

  init() throws {
    let path = URL(filePath: #filePath).appending(path: "../../../Sources/ChatProtocol/README.md").standardized
    lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    var heading = ""
    var open: Block?
    for line in lines {
      if let block = open {
        if line == "```" {
          blocks[heading, default: []].append(block)
          open = nil
        } else {
          open?.text += line + "\n"
        }
      } else if line.hasPrefix("```") {
        open = Block(language: String(line.dropFirst(3)), text: "")
      } else if line.hasPrefix("#") {
        heading = String(line.trimmingPrefix { $0 == "#" }.dropFirst())
      }
    }
  }
}

@Test func `the README has every example as the dialects write it`() throws {
  let readme = try Readme()
  for (heading, events) in EventExamples.all {
    let written = events.flatMap { event in
      let json = Readme.Block(language: "json", text: Dialect.json.text(of: event))
      let text = Readme.Block(language: "text", text: Dialect.text.text(of: event))
      return text.text.isEmpty ? [json] : [json, text]
    }
    #expect(readme.blocks[heading] == written, "\(heading)")
  }
}

@Test(arguments: Event.names)
func `every event has an example in the README, which reads back as itself`(name: String) throws {
  let blocks = try #require(try Readme().blocks[name])
  #expect(blocks.contains { $0.language == "json" })
  for (index, block) in blocks.enumerated() where block.language == "json" {
    let received = try ReceivedEvent(decoding: Array(block.text.utf8))
    guard case .event(let event) = received.content else {
      Issue.record("\(block.text)")
      continue
    }
    #expect(block.text.hasPrefix(#"{"event":"\#(name)","#))
    #expect(Dialect.json.text(of: event, at: received.time) == block.text)
    // The text form of a file's reply has an address, which json omits.
    if name != "ok", let next = blocks.dropFirst(index + 1).first, next.language == "text" {
      #expect(Dialect.text.text(of: event, at: received.time) == next.text)
    }
  }
}

@Test func `every kind of result has an example`() {
  #expect(Set(EventExamples.replies.map(\.result).map(kind)).count == 24)
}

@Test func `the README lists the commands as help does`() throws {
  let help = Dialect.text.text(of: .ok(Reply("help", .help(CommandTable.all))))
  let readme = try Readme()
  #expect(readme.blocks["Commands"] == [Readme.Block(language: "text", text: "/help\n" + help)])
}

@Test func `the README lists exactly the error codes`() throws {
  let rows = try Readme().lines.drop { $0 != "## Error codes" }.filter { $0.hasPrefix("| `") }
  let codes = rows.map { row in row.dropFirst(3).prefix { $0 != "`" } }
  #expect(codes.map(String.init) == ErrorCode.allCases.map(\.rawValue))
}

/// The name of a case. The switch is exhaustive, so a new case needs a name here and then an example.
private func kind(of result: Reply.Result) -> String {
  switch result {
  case .done: "done"
  case .entered: "entered"
  case .rooms: "rooms"
  case .info: "info"
  case .who: "who"
  case .room: "room"
  case .moved: "moved"
  case .topic: "topic"
  case .user: "user"
  case .away: "away"
  case .sent: "sent"
  case .read: "read"
  case .roomRead: "roomRead"
  case .history: "history"
  case .ignored: "ignored"
  case .conversation: "conversation"
  case .offered: "offered"
  case .files: "files"
  case .fetch: "fetch"
  case .file: "file"
  case .taken: "taken"
  case .format: "format"
  case .pong: "pong"
  case .help: "help"
  }
}
