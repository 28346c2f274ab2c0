import JSON
import POSIX

/// All results of a run, and the machine.
struct Report {
  struct Context: Equatable {
    var cores: Int
    var kernel: String
    /// `release` or `debug`, this program's; the server beside it is built with it.
    var build: String
    /// As `chat-server --version` says.
    var server: String
    var seconds: Double
    var quick: Bool
  }

  var context: Context
  var results: [CaseResult] = []
  var failures: [Failure] = []

  /// A case that failed. Its results until then are in the report.
  struct Failure {
    let name: String
    let reason: BenchError
  }

  /// The first error.
  var status: ExitStatus {
    if let failure = failures.first { return failure.reason.status }
    return results.contains { ($0.figure("lost") ?? 0) != 0 } ? .lost : .ok
  }

  /// The ratio of one server's figure to another's, or to its own in plaintext.
  struct Ratio: Equatable {
    let name: String
    let figure: Figure
    let target: String
    let other: String
    let value: Double
  }

  /// The rooms at full speed are compared with the broadcast loop.
  private static let comparedWithLimit = ["room-text", "room-json", "room-mixed"]
  /// Figures that mean the same for every server. The time of logins does not: it depends on how many may log in at a
  /// time.
  private static let compared = [
    "deliveries_per_s", "server_cpu_us_per_delivery", "p99_ms", "memory_per_client_kib", "connections_per_s",
    "server_cpu_us_per_connection",
  ]

  /// The figures of chat-server divided by those of every other server and of the broadcast loop, over the same
  /// transport; and the figures of each server over TLS divided by its own in plaintext.
  var ratios: [Ratio] {
    var ratios: [Ratio] = []
    for own in results {
      for other in results {
        let isOverOthers = own.target == "chat-server" && other.target != own.target && other.isTLS == own.isTLS
        let isOverPlaintext = other.target == own.target && own.isTLS && !other.isTLS
        let isLimit = isOverOthers && other.name == "limit" && Report.comparedWithLimit.contains(own.name)
        let isSameCase = other.name == own.name && other.variant == own.variant
        guard isLimit || isSameCase && (isOverOthers || isOverPlaintext) else { continue }
        for figure in own.figures where Report.compared.contains(figure.key) {
          guard let value = figure.value, let base = other.figure(figure.key), base > 0 else { continue }
          ratios.append(
            Ratio(name: own.name, figure: figure, target: own.label, other: other.label, value: value / base))
        }
      }
    }
    return ratios
  }
}

/// The result of one run of a case on one server.
struct CaseResult: Equatable {
  let name: String
  /// The server's name.
  let target: String
  var isTLS = false
  /// What differs between the runs of one case: `100,000 accounts`; empty if there is only one run.
  var variant = ""
  let figures: [Figure]

  /// The server in tables: `InspIRCd over TLS`.
  var label: String { Target.label(target, isTLS: isTLS) }

  /// The figures of a load, the same for every server.
  static func load(_ name: String, _ target: Target, variant: String = "", _ result: LoadResult) -> CaseResult {
    CaseResult(
      name: name, target: target, variant: variant,
      figures: [
        Figure("deliveries_per_s", "DELIVERIES/S", result.deliveriesPerSecond),
        Figure("server_cpu_us_per_delivery", "CPU us", result.cpuMicrosecondsPerDelivery, digits: 3),
        Figure("p50_ms", "P50 ms", result.milliseconds(0.5), digits: 2),
        Figure("p99_ms", "P99 ms", result.milliseconds(0.99), digits: 2),
        Figure("p999_ms", "P99.9 ms", result.milliseconds(0.999), digits: 2),
        Figure("generator_late_ms", "LATE ms", Double(result.lateNanoseconds) / 1e6, digits: 1),
        Figure("lost", "LOST", result.lost),
      ])
  }

  /// The figures of a few clients that send at a fixed rate while something else happens.
  static func latencies(
    _ name: String, _ target: Target, variant: String, _ result: LoadResult, and more: [Figure] = []
  ) -> CaseResult {
    CaseResult(
      name: name, target: target, variant: variant,
      figures: [
        Figure("longest_ms", "LONGEST ms", result.longestMilliseconds, digits: 1),
        Figure("p99_ms", "P99 ms", result.milliseconds(0.99), digits: 2),
        Figure("p50_ms", "P50 ms", result.milliseconds(0.5), digits: 2),
        Figure("generator_late_ms", "LATE ms", Double(result.lateNanoseconds) / 1e6, digits: 1),
        Figure("lost", "LOST", result.lost),
      ] + more)
  }

  func figure(_ key: String) -> Double? { figures.first { $0.key == key }?.value }
}

extension CaseResult {
  init(name: String, target: Target, variant: String = "", figures: [Figure]) {
    self.init(name: name, target: target.name, isTLS: target.isTLS, variant: variant, figures: figures)
  }
}

/// One figure of a result.
struct Figure: Equatable {
  /// In the JSON document; its unit comes last. Stable.
  let key: String
  /// Over its column.
  let heading: String
  /// nil if unknown.
  let value: Double?
  /// After the decimal point.
  let digits: Int

  init(_ key: String, _ heading: String, _ value: Double?, digits: Int = 0) {
    self.key = key
    self.heading = heading
    self.value = value
    self.digits = digits
  }

  init(_ key: String, _ heading: String, _ value: Int) {
    self.init(key, heading, Double(value))
  }

  /// For a table: `6,114,577`, `0.153`, `-`.
  var text: String { value.map { Figure.text($0, digits: digits) } ?? "-" }

  var json: JSONValue { value.map { Figure.json($0, digits: digits) } ?? .null }

  static func json(_ value: Double, digits: Int) -> JSONValue { JSONValue(.number(decimal(value, digits: digits))) }

  static func text(_ value: Double, digits: Int) -> String {
    let parts = decimal(value, digits: digits).split(separator: ".", maxSplits: 1)
    var whole = ""
    for (place, digit) in parts[0].reversed().enumerated() {
      if place > 0, place % 3 == 0, digit != "-" { whole = "," + whole }
      whole = String(digit) + whole
    }
    return parts.count > 1 ? "\(whole).\(parts[1])" : whole
  }

  private static func decimal(_ value: Double, digits: Int) -> String {
    precondition(value.isFinite && abs(value) < 1e15, "a figure is a readable number")
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let (whole, fraction) = (scaled.magnitude / UInt(scale), scaled.magnitude % UInt(scale))
    let sign = scaled < 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    let text = String(fraction)
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - text.count))\(text)"
  }
}

extension Report.Context {
  /// `release` or `debug`.
  static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  /// This machine, and the server at a path.
  static func current(_ server: String, _ scale: Scale, _ cleanup: Cleanup) throws(BenchError) -> Self {
    Self(
      cores: Machine.coreCount, kernel: (try? Machine.kernelRelease()) ?? "?", build: build,
      server: try ServerProcess.version(of: server, cleanup), seconds: scale.seconds, quick: scale.isQuick)
  }
}
