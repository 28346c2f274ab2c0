import ChatProtocol
import Testing

@testable import ChatCore

/// Requests that the loop answers, because the core does not know what they are about.
@Suite struct `The server in the operator's hands` {
  @Test func `a certificate is the loop's, and only its replacement is in the log`() {
    var chat = CoreFixture()
    let shown = chat.control(.tlsShow)
    #expect(shown.tlsRequests == [.show] && shown.logged("admin").isEmpty && shown.replies.isEmpty)
    let dry = chat.control(.dryRun(.tlsGenerate))
    #expect(dry.tlsRequests == [.generate(isDry: true)] && dry.logged("admin").isEmpty && dry.replies.isEmpty)
    let made = chat.control(.tlsGenerate)
    #expect(made.tlsRequests == [.generate(isDry: false)] && made.replies.isEmpty)
    #expect(made.logged("admin") == ["action=tls generate by=root uid=0 pid=1"])
  }
}

extension [Effect] {
  fileprivate var tlsRequests: [ControlTLSRequest] {
    compactMap { if case .tls(_, let request) = $0 { request } else { nil } }
  }
}
