package import ChatProtocol

/// All limits of the server with their defaults. 0 means no limit.
///
/// The names are those of `data/settings.json`.
package struct Settings: Equatable, Sendable {
  /// Shown in the welcome. Set with a `ServerName`.
  package var serverName = "chat"

  // Connections, enforced by the loop.
  /// The length of a line from a client, without its end.
  package var lineBytes = 4096
  /// Output that waits for a client that does not read. Beyond it, the server closes the connection.
  package var outboxBytes = 1 << 20
  /// Output that waits for all clients. Beyond it, the server closes the connections with the most.
  package var outboxesBytes = 256 << 20
  /// Input that waits, for all clients. Beyond it, the server does not read clients that send faster than they may.
  package var unreadBytes = 64 << 20
  package var sessions = 20_000
  package var sessionsPerAddress = 256
  package var commandsPerSecond = 20
  package var commandsBurst = 100
  /// Connections from one address.
  package var connectionsPerMinute = 600
  /// The approximate work for one address beyond ordinary commands, in microseconds.
  package var workPerSecond = 100_000
  /// Passwords that wait to be hashed, for all clients.
  package var pendingHashes = 256
  /// How long a connection may take to log in.
  package var loginSeconds = 600
  /// Whether clients on other machines may connect without TLS.
  package var allowsPlaintext = false
  /// From here, connections begin with a `ProxyHeader`, which says where the client is.
  package var proxies: [AddressBlock] = []

  // Rules, enforced by the core.
  package var rooms = 100_000
  package var roomsPerUser = 1000
  /// Rooms created by guests of one address.
  package var guestRoomsPerAddress = 100
  /// Of one room.
  package var members = 0
  /// A room with more gets its new count, at most once a second, instead of each `joined` and `left`.
  package var announcedMembers = 100
  package var failedLoginsPerMinute = 10
  package var registrationsPerMinute = 60
  /// Unread private messages of an account.
  package var inboxMessages = 200
  /// Bans and mutes of the whole server, together.
  package var bans = 10_000
  package var guests = true
  package var registration = true
  /// Whether private messages between accounts are kept after they were read.
  package var privateHistory = true

  // History, enforced by the store.
  /// How much of the log one request for history reads.
  package var historyScanBytes = 64 << 20

  // Files.
  package var fileBytes = 64 << 20
  package var filesBytes = 1 << 30
  /// Of one account.
  package var filesBytesPerUser = 256 << 20
  /// Of one download; all uploads together may have twice that.
  package var transferBytesPerSecond = 16 << 20
  package var fileDays = 30
  package var transfers = 8

  package init() {}

  /// A limit, its name in the file, and its greatest value, low enough for calculations with it.
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

  /// In the order of `--settings`.
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
    [
      ("guests", \.guests), ("registration", \.registration), ("allow_plaintext", \.allowsPlaintext),
      ("private_history", \.privateHistory),
    ]
  }

  /// The names of those with a `ServerName`.
  package static var names: [(name: String, path: WritableKeyPath<Settings, String>)] {
    [("server_name", \.serverName)]
  }

  package static var networks: [(name: String, path: WritableKeyPath<Settings, [AddressBlock]>)] {
    [("proxies", \.proxies)]
  }
}
