import JSON
import Testing

@testable import chat_bench

struct ReportTests {
  private func load(_ name: String, _ server: String, cpuMicroseconds: Double?, perSecond: Double) -> CaseResult {
    CaseResult(
      name: name, target: server,
      figures: [
        Figure("deliveries_per_s", "DELIVERIES/S", perSecond),
        Figure("server_cpu_us_per_delivery", "CPU us", cpuMicroseconds, digits: 3),
      ])
  }

  private let context = Report.Context(
    cores: 2, kernel: "6.8.0", build: "release", server: "chat-server 1.0", seconds: 3, quick: false)

  private var report: Report {
    Report(
      context: context,
      results: [
        load("limit", "limit", cpuMicroseconds: 0.14, perSecond: 7_000_000),
        load("room-text", "chat-server", cpuMicroseconds: 0.154, perSecond: 6_300_000),
        load("room-text", "InspIRCd", cpuMicroseconds: nil, perSecond: 2_100_000),
        CaseResult(
          name: "independence", target: "chat-server", variant: "10 rooms", figures: [Figure("lost", "LOST", 0)]),
      ])
  }

  @Test func `tables are aligned, one for each kind of figures, followed by the ratios`() {
    #expect(
      report.lines == [
        "chat-server 1.0, release build, 2 cores, Linux 6.8.0",
        "",
        "CASE       SERVER       DELIVERIES/S  CPU us",
        "limit      limit           7,000,000   0.140",
        "room-text  chat-server     6,300,000   0.154",
        "room-text  InspIRCd        2,100,000       -",
        "",
        "CASE          SERVER       WITH      LOST",
        "independence  chat-server  10 rooms     0",
        "",
        "CASE       FIGURE                      OF           TO        RATIO",
        "room-text  deliveries_per_s            chat-server  limit      0.90",
        "room-text  server_cpu_us_per_delivery  chat-server  limit      1.10",
        "room-text  deliveries_per_s            chat-server  InspIRCd   3.00",
      ])
  }

  @Test func `failures follow the tables, and a quick run states its limits`() throws {
    var report = report
    report.context.quick = true
    report.failures = [.init(name: "idle", reason: .stalled("3 of 10 have logged in"))]
    #expect(report.lines[1].contains("The figures mean nothing"))
    #expect(report.lines.last == "idle failed: there is no progress: 3 of 10 have logged in")
    #expect(report.status == .protocolError)
    #expect(
      report.json["failures"]?.array?.map { String(decoding: $0.compact, as: UTF8.self) }
        == [#"{"case":"idle","reason":"there is no progress: 3 of 10 have logged in"}"#])
  }

  @Test func `the JSON document has the same figures under stable keys`() throws {
    let document = report.json
    #expect(
      document.members?.map(\.name) == [
        "version", "server", "machine", "build", "seconds", "quick", "results", "failures", "ratios",
      ])
    let results = try #require(document["results"]?.array)
    #expect(
      String(decoding: try #require(results.first).compact, as: UTF8.self)
        == #"{"case":"limit","server":"limit","tls":false,"with":null,"figures":{"deliveries_per_s":7000000,"#
        + #""server_cpu_us_per_delivery":0.140}}"#
    )
    #expect(results[2]["figures"]?["server_cpu_us_per_delivery"]?.isNull == true)
    #expect(results[3]["with"]?.string == "10 rooms")
    let ratio = try #require(document["ratios"]?.array?.first)
    #expect(ratio.members?.map(\.name) == ["case", "figure", "of", "to", "ratio"])
    #expect(ratio["ratio"]?.double == 0.9)
  }

  @Test func `TLS is compared with plaintext, and with TLS of other servers`() {
    func load(_ name: String, _ server: String, isTLS: Bool, _ perSecond: Double) -> CaseResult {
      CaseResult(
        name: name, target: server, isTLS: isTLS,
        figures: [Figure("deliveries_per_s", "DELIVERIES/S", perSecond)])
    }
    let report = Report(
      context: context,
      results: [
        load("limit", "limit", isTLS: false, 800), load("limit", "limit", isTLS: true, 400),
        load("room-text", "chat-server", isTLS: false, 600), load("room-text", "chat-server", isTLS: true, 200),
        load("room-text", "InspIRCd", isTLS: false, 300), load("room-text", "InspIRCd", isTLS: true, 50),
      ])
    #expect(
      report.lines.drop { !$0.hasPrefix("CASE       FIGURE") }.dropFirst() == [
        "limit      deliveries_per_s  limit over TLS        limit               0.50",
        "room-text  deliveries_per_s  chat-server           limit               0.75",
        "room-text  deliveries_per_s  chat-server           InspIRCd            2.00",
        "room-text  deliveries_per_s  chat-server over TLS  limit over TLS      0.50",
        "room-text  deliveries_per_s  chat-server over TLS  chat-server         0.33",
        "room-text  deliveries_per_s  chat-server over TLS  InspIRCd over TLS   4.00",
        "room-text  deliveries_per_s  InspIRCd over TLS     InspIRCd            0.17",
      ])
  }

  @Test(
    arguments: [
      (0, 0, "0"), (1_234_567, 0, "1,234,567"), (999, 0, "999"), (0.0456, 3, "0.046"), (12.999, 2, "13.00"),
      (-1234.5, 1, "-1,234.5"), (-0.04, 1, "0.0"),
    ] as [(Double, Int, String)])
  func `a figure is rounded and grouped`(value: Double, digits: Int, text: String) {
    #expect(Figure.text(value, digits: digits) == text)
  }
}
