import ChatProtocol
import Testing

/// The transcripts cover the whole protocol.
@Suite struct `The transcripts together` {
  @Test func `send every command, by every name it has`() throws {
    let sent = try Scenario.all().flatMap(\.sentLines).filter { $0.hasPrefix("/") }
    let words = Set(sent.map { $0.dropFirst().prefix { $0 != " " }.lowercased() })
    let missing = CommandTable.all.flatMap { [$0.name] + $0.aliases }.filter { !words.contains($0) }
    #expect(missing.isEmpty, "no transcript sends \(missing)")
  }

  @Test func `get every error code`() throws {
    // A transcript cannot cause these: they need an overloaded or failing server, or a lost connection.
    let elsewhere: Set<ErrorCode> = [.busy, .cannotRecord, .historyUnavailable, .brokenOff]
    let received = try Scenario.all().flatMap(\.expectedLines)
    let missing = ErrorCode.allCases.filter { code in
      !elsewhere.contains(code)
        && !received.contains {
          $0.hasPrefix("error \(code.rawValue): ") || $0.contains(#""code":"\#(code.rawValue)""#)
        }
    }
    #expect(missing.isEmpty, "no transcript gets \(missing.map(\.rawValue))")
  }

  @Test func `get every event`() throws {
    let received = try Scenario.all().flatMap(\.expectedLines)
    // `welcome` is sent before a client can choose json.
    let events = Event.names.filter { $0 != "welcome" }
    let missing = events.filter { event in !received.contains { $0.hasPrefix(#"{"event":"\#(event)","#) } }
    #expect(missing.isEmpty, "no transcript gets \(missing)")
  }
}

extension Scenario {
  fileprivate var sentLines: [String] {
    steps.compactMap {
      if case .sends(_, let bytes) = $0.action { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
  }

  fileprivate var expectedLines: [String] {
    steps.compactMap { if case .receives(_, let pattern) = $0.action { pattern.description } else { nil } }
  }
}
