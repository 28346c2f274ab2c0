/// Every bound of the server in one place, with its default. 0 means no bound.
///
/// The names are those of `data/settings.json`. Which module holds a bound to account stands beside it.
package struct Settings: Equatable, Sendable {
  // Connections, held by the server's loop.
  /// A line from a client, its end not counted.
  package var lineBytes = 4096
  /// What may wait for a client that does not read; beyond it the client is closed.
  package var outboxBytes = 1 << 20
  /// The memory that this may take for all of them together; beyond it those for whom most waits are closed.
  package var outboxesBytes = 256 << 20
  /// The memory that lines may take which clients have sent and whose turn has not come, for all together; beyond it clients that
  /// send faster than they may are not read.
  package var unreadBytes = 64 << 20
  package var sessions = 20_000
  package var sessionsPerAddress = 256
  package var commandsPerSecond = 20
  package var commandsBurst = 100
  /// How many connections one address may make.
  package var connectionsPerMinute = 600
  /// What the sessions of one address may have the server do beyond ordinary commands, in microseconds, roughly.
  package var workPerSecond = 100_000
  /// Passwords that wait to be hashed, over all clients.
  package var pendingHashes = 256
  /// How long a connection may take to come in.
  package var loginSeconds = 600

  // Rules, held by the core.
  package var rooms = 100_000
  package var roomsPerUser = 1000
  /// How many rooms guests of one address may have made.
  package var guestRoomsPerAddress = 100
  /// How many may be in one room.
  package var members = 0
  /// In a room with more, comings and goings are told as a count, at most once a second.
  package var announcedMembers = 100
  package var failedLoginsPerMinute = 10
  package var registrationsPerMinute = 60
  /// Unread private messages an account may have.
  package var inboxMessages = 200
  /// Bans and mutes of the whole server, together.
  package var bans = 10_000
  package var guests = true
  package var registration = true

  // The past, held by the store.
  /// How much of the log one request for history reads.
  package var historyScanBytes = 64 << 20

  // Files.
  package var fileBytes = 64 << 20
  package var filesBytes = 1 << 30
  /// What those may take together that one account shares.
  package var filesBytesPerUser = 256 << 20
  /// Of one download; all uploads together may have twice that.
  package var transferBytesPerSecond = 16 << 20
  package var fileDays = 30
  package var transfers = 8

  package init() {}

  /// A bound, its name in the file, and how high it may be: low enough for everything that is reckoned with it.
  package struct Bound {
    package let name: String
    package let path: WritableKeyPath<Settings, Int>
    package let max: Int

    fileprivate static let countMax = 1 << 31
    fileprivate static let bytesMax = 1 << 40

    fileprivate init(_ name: String, _ path: WritableKeyPath<Settings, Int>, max: Int = Bound.countMax) {
      self.name = name
      self.path = path
      self.max = max
    }
  }

  /// The bounds in the order in which `--settings` prints them.
  /// Computed, because a key path is not `Sendable` and so no global may hold one.
  package static var bounds: [Bound] {
    [
      Bound("line_bytes", \.lineBytes, max: Bound.bytesMax), Bound("outbox_bytes", \.outboxBytes, max: Bound.bytesMax),
      Bound("outboxes_bytes", \.outboxesBytes, max: Bound.bytesMax),
      Bound("unread_bytes", \.unreadBytes, max: Bound.bytesMax),
      Bound("sessions", \.sessions), Bound("sessions_per_address", \.sessionsPerAddress), Bound("rooms", \.rooms),
      Bound("rooms_per_user", \.roomsPerUser), Bound("guest_rooms_per_address", \.guestRoomsPerAddress),
      Bound("members", \.members),
      Bound("announced_members", \.announcedMembers), Bound("commands_per_second", \.commandsPerSecond),
      Bound("commands_burst", \.commandsBurst), Bound("connections_per_minute", \.connectionsPerMinute),
      Bound("work_per_second", \.workPerSecond), Bound("failed_logins_per_minute", \.failedLoginsPerMinute),
      Bound("registrations_per_minute", \.registrationsPerMinute), Bound("pending_hashes", \.pendingHashes),
      Bound("login_seconds", \.loginSeconds), Bound("inbox_messages", \.inboxMessages),
      Bound("bans", \.bans),
      Bound("history_scan_bytes", \.historyScanBytes, max: Bound.bytesMax),
      Bound("file_bytes", \.fileBytes, max: Bound.bytesMax), Bound("files_bytes", \.filesBytes, max: Bound.bytesMax),
      Bound("files_bytes_per_user", \.filesBytesPerUser, max: Bound.bytesMax),
      Bound("transfer_bytes_per_second", \.transferBytesPerSecond, max: Bound.bytesMax),
      Bound("file_days", \.fileDays), Bound("transfers", \.transfers),
    ]
  }

  package static var switches: [(name: String, path: WritableKeyPath<Settings, Bool>)] {
    [("guests", \.guests), ("registration", \.registration)]
  }
}
