/// What the operator has put on a name or on addresses, on the whole server: a ban shuts out, a mute leaves only reading.
///
/// It is on the name, whoever has it: an account, a guest, or nobody yet.
package struct Restriction: Equatable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case ban
    case mute
  }

  package enum Subject: Hashable, Sendable, CustomStringConvertible {
    case user(Name)
    /// Only banned, never muted.
    case addresses(AddressBlock)

    package var description: String {
      switch self {
      case .user(let name): name.text
      case .addresses(let block): block.description
      }
    }
  }

  /// There is one of each kind for a subject.
  package struct Key: Hashable, Sendable {
    package var kind: Kind
    package var subject: Subject

    package init(_ kind: Kind, _ subject: Subject) {
      self.kind = kind
      self.subject = subject
    }
  }

  package var key: Key
  /// nil where nobody knows.
  package var since: Timestamp?
  /// nil: until it is lifted.
  package var until: Timestamp?
  /// Who did it; empty where nobody knows.
  package var by: String
  /// What those are told whom it hits; empty for nothing.
  package var reason: String

  package init(_ key: Key, since: Timestamp? = nil, until: Timestamp? = nil, by: String = "", reason: String = "") {
    self.key = key
    self.since = since
    self.until = until
    self.by = by
    self.reason = reason
  }

  package var kind: Kind { key.kind }
  package var subject: Subject { key.subject }

  package func isOver(at now: Timestamp) -> Bool { until.map { $0 <= now } ?? false }

  /// How much of its time is left, for a person: `1 h 59 min`; nil where it has no end.
  package func left(at now: Timestamp) -> String? {
    until.map { TimeSpan.words(seconds: ($0.milliseconds - now.milliseconds + 999) / 1000) }
  }

  /// How long and why, as it goes on behind `You are banned`: ` until 2026-11-20 20:11 UTC (1 h 59 min left): spam.`
  package func terms(at now: Timestamp) -> String {
    let because = reason.isEmpty ? "." : ": \(reason)"
    guard let until, let left = left(at: now) else { return because }
    let time = until.description
    return " until \(time.prefix(10)) \(time.dropFirst(11).prefix(8)) UTC (\(left) left)\(because)"
  }
}
