import ChatCore
import Testing

@testable import ChatServer

@Suite struct ThrottleTests {
  private let rate = Rate(perSecond: 20, burst: 100)

  @Test func `a burst is allowed, then one command per twentieth of a second`() {
    var throttle = Throttle()
    var now = Instant(microseconds: 5_000_000)
    for _ in 0..<100 {
      #expect(throttle.allows(rate, at: now))
      throttle.count(rate, at: now)
    }
    #expect(!throttle.allows(rate, at: now))
    #expect(rate.interval == 50_000)
    for _ in 0..<10 {
      now = now + .milliseconds(50)
      #expect(throttle.allows(rate, at: now))
      throttle.count(rate, at: now)
      #expect(!throttle.allows(rate, at: now))
    }
  }

  @Test func `a client that pauses has the burst again`() {
    var throttle = Throttle()
    for _ in 0..<100 { throttle.count(rate, at: 0) }
    var allowed = 0
    while throttle.allows(rate, at: 60_000_000), allowed < 1000 {
      throttle.count(rate, at: 60_000_000)
      allowed += 1
    }
    #expect(allowed == 100)
  }

  @Test func `settings of version 1 without limits per address have none of the newer limits either`() {
    #expect(Server.addressRates(Settings()).work.interval != nil)
    #expect(Server.addressRates(Settings()).arrivals.interval != nil)
    var settings = Settings()
    (settings.commandsPerSecond, settings.sessionsPerAddress) = (0, 0)
    #expect(Server.addressRates(settings).work.interval == nil)
    #expect(Server.addressRates(settings).arrivals.interval == nil)
  }

  @Test(arguments: [(0, 100), (20, 0), (0, 0)])
  func `a limit of 0 means no limit`(perSecond: Int, burst: Int) {
    let rate = Rate(perSecond: perSecond, burst: burst)
    var throttle = Throttle()
    for _ in 0..<10_000 {
      #expect(throttle.allows(rate, at: 0))
      throttle.count(rate, at: 0)
    }
  }

  @Test func `only a client that is throttled for half a minute without a pause is a flood`() {
    var throttle = Throttle()
    throttle.markThrottled(at: 0)
    throttle.markThrottled(at: 20_000_000)
    #expect(!throttle.isFlood(at: 29_999_999, after: .seconds(30)))
    #expect(throttle.isFlood(at: 30_000_000, after: .seconds(30)))
    throttle.markCaughtUp()
    #expect(!throttle.isFlood(at: 60_000_000, after: .seconds(30)))
    throttle.markThrottled(at: 60_000_000)
    #expect(!throttle.isFlood(at: 80_000_000, after: .seconds(30)))
  }

  @Test func `costly work uses more of the quota, and connections that share a quota wait in order`() {
    var throttle = Throttle()
    let rate = Rate(perSecond: 1000, burst: 2000)
    #expect(throttle.count(1000, rate, at: 0) <= 0)
    let first = throttle.count(1500, rate, at: 0)
    let second = throttle.count(1500, rate, at: 0)
    #expect(first > 0 && second - first == .milliseconds(1500))
    #expect(throttle.isIdle(at: 3_999_999) == false && throttle.isIdle(at: 4_000_000))
    var unbounded = Throttle()
    #expect(unbounded.count(1 << 40, Rate(perSecond: 0, burst: 0), at: 0) == .distantPast)
    // The wait is limited, however much work it was.
    #expect(unbounded.count(.max, Rate(perSecond: 1, burst: 1), at: 0) < Instant(microseconds: .max / 1000))
  }
}
