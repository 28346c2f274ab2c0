import Testing

@testable import chat_bench

struct LatencyHistogramTests {
  @Test func `without a latency there is no percentile`() {
    #expect(LatencyHistogram().percentile(0.5) == nil)
    #expect(LoadResult().longestMilliseconds == nil)
  }

  @Test func `small latencies are exact`() {
    var latencies = LatencyHistogram()
    for latency in 1...50 { latencies.add(UInt32(latency)) }
    #expect(latencies.percentile(0.5) == 25)
    #expect(latencies.percentile(0.9) == 45)
    #expect(latencies.percentile(1) == 50)
    #expect(latencies.maxMicroseconds == 50)
  }

  @Test func `one in a thousand shows above the 99.9th percentile and not below`() {
    var latencies = LatencyHistogram()
    for _ in 0..<999 { latencies.add(10) }
    latencies.add(5000)
    #expect(latencies.percentile(0.999) == 10)
    #expect(latencies.percentile(0.9999) == 5000)
  }

  @Test(arguments: [0, 31, 32, 63, 64, 65, 1000, 12_345, 1 << 20, UInt32.max - 1, .max] as [UInt32])
  func `a latency is within a 32nd, and never too small`(latency: UInt32) throws {
    var latencies = LatencyHistogram()
    latencies.add(latency)
    latencies.add(.max)
    let told = try #require(latencies.percentile(0.5))
    #expect(told >= latency && told - latency <= latency / 32)
  }
}
