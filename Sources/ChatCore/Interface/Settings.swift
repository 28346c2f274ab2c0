/// Every bound of the server in one place, with its default. 0 means no bound.
///
/// The names are those of `data/settings.json`. Which module holds a bound to account stands beside it.
package struct Settings: Equatable, Sendable {
  // Connections, held by the server's loop.
  /// A line from a client, its end not counted.
  package var lineBytes = 4096
  /// What may wait for a client that does not read; beyond it the client is closed.
  package var outboxBytes = 1 << 20
  package var sessions = 20_000
  package var sessionsPerAddress = 256
  package var commandsPerSecond = 20
  package var commandsBurst = 100
  /// Passwords that wait to be hashed, over all clients.
  package var pendingHashes = 256
  /// How long a connection may take to come in.
  package var loginSeconds = 600

  // Rules, held by the core.
  package var rooms = 100_000
  package var roomsPerUser = 1000
  /// How many may be in one room.
  package var members = 0
  /// In a room with more, comings and goings are told as a count, at most once a second.
  package var announcedMembers = 100
  package var failedLoginsPerMinute = 10
  package var registrationsPerMinute = 60
  /// Unread private messages an account may have.
  package var inboxMessages = 200
  package var guests = true
  package var registration = true

  // The past, held by the store.
  /// How much of the log one request for history reads.
  package var historyScanBytes = 64 << 20

  // Files.
  package var fileBytes = 64 << 20
  package var filesBytes = 1 << 30
  package var fileDays = 30
  package var transfers = 8

  package init() {}

  /// The bounds by their name in the file, in the order in which `--settings` prints them.
  /// Computed, because a key path is not `Sendable` and so no global may hold one.
  package static var bounds: [(name: String, path: WritableKeyPath<Settings, Int>)] {
    [
      ("line_bytes", \.lineBytes), ("outbox_bytes", \.outboxBytes), ("sessions", \.sessions),
      ("sessions_per_address", \.sessionsPerAddress), ("rooms", \.rooms), ("rooms_per_user", \.roomsPerUser),
      ("members", \.members), ("announced_members", \.announcedMembers), ("commands_per_second", \.commandsPerSecond),
      ("commands_burst", \.commandsBurst), ("failed_logins_per_minute", \.failedLoginsPerMinute),
      ("registrations_per_minute", \.registrationsPerMinute), ("pending_hashes", \.pendingHashes),
      ("login_seconds", \.loginSeconds), ("inbox_messages", \.inboxMessages),
      ("history_scan_bytes", \.historyScanBytes),
      ("file_bytes", \.fileBytes), ("files_bytes", \.filesBytes), ("file_days", \.fileDays), ("transfers", \.transfers),
    ]
  }

  package static var switches: [(name: String, path: WritableKeyPath<Settings, Bool>)] {
    [("guests", \.guests), ("registration", \.registration)]
  }
}
