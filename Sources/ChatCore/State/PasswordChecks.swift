import ChatProtocol

/// The passwords that are being checked, and those whose turn has not come because as many from their network, or from there for
/// the same account or room, are being checked as may still be wrong.
struct PasswordChecks: Sendable {
  struct Check: Sendable {
    var session: SessionID
    var secret: Secret
    var hash: String
    var guess: Guess
  }

  /// Also where the session is gone by now.
  private var underWay: [SessionID: Guess] = [:]
  private var countByNetwork: [Network: Int] = [:]
  private var countByGuess: [Guess: Int] = [:]
  private var waiting: [Network: [Check]] = [:]

  func count(from network: Network) -> Int { countByNetwork[network] ?? 0 }
  func count(of guess: Guess) -> Int { countByGuess[guess] ?? 0 }

  mutating func begin(_ session: SessionID, _ guess: Guess) {
    underWay[session] = guess
    countByNetwork[guess.network, default: 0] += 1
    countByGuess[guess, default: 0] += 1
  }

  /// The answer has come: which guess it is about; nil where none was under way.
  mutating func end(_ session: SessionID) -> Guess? {
    guard let guess = underWay.removeValue(forKey: session) else { return nil }
    let fromNetwork = count(from: guess.network) - 1
    countByNetwork[guess.network] = fromNetwork == 0 ? nil : fromNetwork
    let ofGuess = count(of: guess) - 1
    countByGuess[guess] = ofGuess == 0 ? nil : ofGuess
    return guess
  }

  mutating func wait(_ check: Check) { waiting[check.guess.network, default: []].append(check) }

  /// Those from a network whose turn has not come, the first first; they are taken out.
  mutating func takeWaiting(from network: Network) -> [Check] { waiting.removeValue(forKey: network) ?? [] }
}
