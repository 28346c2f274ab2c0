import POSIX
import Testing

@testable import chat

/// When the next attempt is made. That none is made here follows from `beginIfDue` not being called.
@Suite struct ConnectorTests {
  private let second_ns: Int64 = 1_000_000_000

  @Test func `each attempt waits longer, up to a bound, and never just as long`() throws {
    let connector = try Connector(host: "127.0.0.1", port: 1)
    #expect(connector.timeLeft_ns == nil)
    for (attempt, longest_ms) in [(1, 500), (2, 1000), (7, 30_000), (50, 30_000)] as [(Int, Int64)] {
      connector.connect(attempt: attempt)
      let left_ms = try #require(connector.timeLeft_ns) / 1_000_000
      #expect(left_ms <= longest_ms && left_ms > longest_ms / 3, "\(attempt)")
    }
  }

  @Test func `whoever does not want to wait does not have to`() throws {
    let connector = try Connector(host: "127.0.0.1", port: 1)
    connector.connectNow()
    #expect(connector.timeLeft_ns == nil)
    connector.connect(attempt: 20)
    connector.connectNow()
    #expect(connector.timeLeft_ns == 0)
  }

  @Test func `the last attempt is made before all of them end`() throws {
    let connector = try Connector(host: "127.0.0.1", port: 1)
    let now_ns = SystemClock.monotonic_ns
    connector.connect(attempt: 20, end_ns: now_ns + 4 * second_ns)
    #expect(try #require(connector.timeLeft_ns) <= 3 * second_ns)
    // After that one there is no other.
    connector.connect(attempt: 20, end_ns: now_ns + second_ns / 2)
    #expect(try #require(connector.timeLeft_ns) > 10 * second_ns)
  }
}
