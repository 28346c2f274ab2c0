/// All results of a run, and what they were measured on.
struct Report {
  struct Surroundings: Equatable {
    var cores: Int
    var kernel: String
    /// `release` or `debug`, this program's; the server beside it is built with it.
    var build: String
    /// As `chat-server --version` says.
    var server: String
    var seconds: Double
    var quick: Bool
  }

  var surroundings: Surroundings
  var results: [CaseResult] = []
  var failures: [Failure] = []

  /// A case that did not come to its end; what it had measured until then is among the results.
  struct Failure {
    let name: String
    let reason: BenchError
  }

  /// The first thing that went wrong.
  var status: ExitStatus {
    if let failure = failures.first { return failure.reason.status }
    return results.contains { ($0.figure("lost") ?? 0) != 0 } ? .lost : .ok
  }

  /// One server's figure over another's.
  struct Ratio: Equatable {
    let name: String
    let figure: Figure
    let subject: String
    let other: String
    let value: Double
  }

  /// What the broadcast loop does is what the rooms at full speed are compared with.
  private static let comparedWithLimit = ["room-text", "room-json", "room-mixed"]
  /// Figures that mean the same for every server. How long it takes to come in is none: it hangs on how many may
  /// do so at a time.
  private static let compared = [
    "deliveries_per_s", "server_cpu_us_per_delivery", "p99_ms", "memory_per_client_kib",
  ]

  /// Our server's figures over those of every other that did the same, and over the limit's.
  var ratios: [Ratio] {
    var ratios: [Ratio] = []
    for own in results where own.subject == "chat-server" {
      for other in results where other.subject != own.subject {
        let isLimit = other.name == "limit" && Report.comparedWithLimit.contains(own.name)
        guard isLimit || other.name == own.name && other.variant == own.variant else { continue }
        for figure in own.figures where Report.compared.contains(figure.key) {
          guard let value = figure.value, let base = other.figure(figure.key), base > 0 else { continue }
          ratios.append(
            Ratio(name: own.name, figure: figure, subject: own.subject, other: other.subject, value: value / base))
        }
      }
    }
    return ratios
  }
}
