/// Why a connection is to go.
enum CloseReason {
  /// The client closed its side, and all that it had sent was dealt with.
  case left
  /// It is broken, or was waited for long enough: nothing more reaches the client.
  case lost
  /// More waits for the client than may.
  case tooSlow
  /// It sent too much for too long.
  case flood
  /// It did not log in or come in as a guest in time.
  case notIn
  /// The core had many closed at once.
  case closed(reason: String, told: String)
}

extension CloseReason {
  var isLost: Bool { if case .lost = self { true } else { false } }
}
