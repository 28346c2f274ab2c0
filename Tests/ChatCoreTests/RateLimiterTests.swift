import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct RateLimiterTests {
  @Test func `the tables stay within their limit and keep the newest entries`() {
    var attempts = RateLimiter<Int>()
    let now = SteadyTime(milliseconds: 0)
    let all = Core.rateLimiterKeysMax + 1000
    for key in 0..<all { attempts.count(key, at: now) }
    let counted = (0..<all).filter { !attempts.allows($0, limit: 1, at: now) }
    #expect(counted == Array(1000..<all))
  }

  @Test func `an address idle for a minute is forgotten and starts again`() {
    var attempts = RateLimiter<Int>()
    for second in 0..<200 {
      let now = SteadyTime(milliseconds: Int64(second) * 1000)
      #expect(attempts.allows(7, limit: 2, at: now) == (second % 60 < 2))
      if second % 60 < 2 { attempts.count(7, at: now) }
      attempts.count(1000 + second, at: now)
      attempts.removeExpired(at: now)
      #expect(attempts.retryAfterSeconds(7, at: now) == Int64(60 - second % 60))
      #expect(attempts.retryAfterSeconds(1000 + second - 59, at: now) == (second < 59 ? 0 : 1))
      #expect(attempts.retryAfterSeconds(1000 + second - 60, at: now) == 0)
    }
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("::1", "::2", true), ("::", "::1", true),
    ("2001:db8::1", "2001:db8::ffff:1", true), ("2001:db8:0:1::1", "2001:db8:0:1:2:3:4:5", true),
    ("2001:db8:0:1::1", "2001:db8:0:2::1", false), ("2001:db8::1", "2001:db9::1", false),
    ("2001:db8::2:3:4:5:6", "2001:db8:0:2::", true), ("1::", "::1:0:0:0:0", false), ("::1", "0.0.0.1", false),
    ("64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2", false), ("64:ff9b::192.0.2.1", "192.0.2.1", true), ("", "::", false),
    ("nonsense", "other", false),
    ("fe80::1", "fe80::2", false), ("fe80::1", "fe80::1", true), ("fe80::1", "::1", false),
    ("fe80::1", "fec0::1", false),
    ("fec0::1", "fec0::2", true), ("1:2:3:4:5:6:7:8:9", "1:2:3:4::", false), ("192.0.2", "192.0.2.0", false),
  ])
  func `an IPv4 address, an IPv6 /64 or a link-local address counts as one`(one: String, other: String, isSame: Bool) {
    #expect((Network(of: one) == Network(of: other)) == isSame)
  }
}
