import ChatProtocol

/// What is kept of an account that is not here, and its unread messages also while it is.
struct Keepsake: Sendable {
  var lastSeen: Timestamp?
  var rooms: [Name] = []
  var away: String?
  var ignores: [Name] = []
  /// Oldest first.
  var unread: [Mail] = []
}
