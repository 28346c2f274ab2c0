/// Something that is measured, always in the same way, so that the figures of two machines, two versions or two servers can
/// be laid side by side.
struct BenchCase: Sendable {
  /// What is typed; stable.
  let name: String
  /// One sentence.
  let meaning: String
  /// What a good figure is, and why.
  let good: String
  /// Which servers, besides those that are started for it, it can be measured on.
  var others = Others.none
  /// Adds each result as soon as it is there: where something fails later, what was measured is kept.
  let run: @Sendable (Bench, inout [CaseResult]) throws(BenchError) -> Void

  enum Others: Sendable {
    case none
    /// Another chat-server: the case needs its dialects.
    case chat
    /// Any that speaks IRC as well.
    case any
  }

  func isComparable(with other: Subject) -> Bool {
    switch others {
    case .none: false
    case .chat: !other.isIRC
    case .any: true
    }
  }

  /// In the order they are run and printed.
  static let all: [BenchCase] = [
    .limit, .roomText, .roomJSON, .roomMixed, .roomsFast, .roomsPaced, .slowReader, .idle, .join, .leave, .independence,
    .start, .saving, .transfers,
  ]
}
