import ChatCore
import Testing

@testable import ChatServer

@Suite struct ThrottleTests {
  private let rate = CommandRate(perSecond: 20, burst: 100)

  @Test func `a burst is allowed, then one command each twentieth of a second`() {
    var throttle = Throttle()
    var now: Int64 = 5_000_000
    for _ in 0..<100 {
      #expect(throttle.allows(rate, at: now))
      throttle.take(rate, at: now)
    }
    #expect(!throttle.allows(rate, at: now))
    #expect(rate.interval_ms == 50)
    for _ in 0..<10 {
      now += 50_000
      #expect(throttle.allows(rate, at: now))
      throttle.take(rate, at: now)
      #expect(!throttle.allows(rate, at: now))
    }
  }

  @Test func `who pauses has the burst again`() {
    var throttle = Throttle()
    for _ in 0..<100 { throttle.take(rate, at: 0) }
    var allowed = 0
    while throttle.allows(rate, at: 60_000_000), allowed < 1000 {
      throttle.take(rate, at: 60_000_000)
      allowed += 1
    }
    #expect(allowed == 100)
  }

  @Test func `settings of version 1 that lift the bounds of an address lift the later ones too`() {
    #expect(Server.addressRates(Settings()).work.interval_us != nil)
    #expect(Server.addressRates(Settings()).arrivals.interval_us != nil)
    var settings = Settings()
    (settings.commandsPerSecond, settings.sessionsPerAddress) = (0, 0)
    #expect(Server.addressRates(settings).work.interval_us == nil)
    #expect(Server.addressRates(settings).arrivals.interval_us == nil)
  }

  @Test(arguments: [(0, 100), (20, 0), (0, 0)])
  func `a bound of nought is none`(perSecond: Int, burst: Int) {
    let rate = CommandRate(perSecond: perSecond, burst: burst)
    var throttle = Throttle()
    for _ in 0..<10_000 {
      #expect(throttle.allows(rate, at: 0))
      throttle.take(rate, at: 0)
    }
  }

  @Test func `only who is slowed without a pause for half a minute is a flood`() {
    var throttle = Throttle()
    throttle.slow(at: 0)
    throttle.slow(at: 20_000_000)
    #expect(!throttle.isFlood(at: 29_999_999, timeout_ms: 30_000))
    #expect(throttle.isFlood(at: 30_000_000, timeout_ms: 30_000))
    throttle.catchUp()
    #expect(!throttle.isFlood(at: 60_000_000, timeout_ms: 30_000))
    throttle.slow(at: 60_000_000)
    #expect(!throttle.isFlood(at: 80_000_000, timeout_ms: 30_000))
  }

  @Test func `much at once counts as much, and those who share what they may wait in their order`() {
    var throttle = Throttle()
    let rate = CommandRate(perSecond: 1000, burst: 2000)
    #expect(throttle.take(1000, rate, at: 0) <= 0)
    let first = throttle.take(1500, rate, at: 0)
    let second = throttle.take(1500, rate, at: 0)
    #expect(first > 0 && second - first == 1_500_000)
    #expect(throttle.isIdle(at: 3_999_999) == false && throttle.isIdle(at: 4_000_000))
    var unbounded = Throttle()
    #expect(unbounded.take(1 << 40, CommandRate(perSecond: 0, burst: 0), at: 0) == .min)
    // However much it was, it is over some time.
    #expect(unbounded.take(.max, CommandRate(perSecond: 1, burst: 1), at: 0) < .max / 1000)
  }
}
