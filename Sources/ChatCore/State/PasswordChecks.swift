import ChatProtocol

/// The passwords that are being checked, and those whose turn has not come because as many from their address are being
/// checked as may still be wrong.
struct PasswordChecks: Sendable {
  struct Check: Sendable {
    var session: SessionID
    var secret: Secret
    var hash: String
  }

  /// From which address, also where the session is gone by now.
  private var underWay: [SessionID: String] = [:]
  private var counts: [String: Int] = [:]
  private var waiting: [String: [Check]] = [:]

  func count(from address: String) -> Int { counts[address] ?? 0 }

  mutating func begin(_ session: SessionID, from address: String) {
    underWay[session] = address
    counts[address, default: 0] += 1
  }

  /// The answer has come: from which address the check was; nil where none was under way.
  mutating func end(_ session: SessionID) -> String? {
    guard let address = underWay.removeValue(forKey: session) else { return nil }
    let left = count(from: address) - 1
    counts[address] = left == 0 ? nil : left
    return address
  }

  mutating func wait(_ check: Check, from address: String) { waiting[address, default: []].append(check) }

  /// Those from an address whose turn has not come, the first first; they are taken out.
  mutating func takeWaiting(from address: String) -> [Check] { waiting.removeValue(forKey: address) ?? [] }
}
