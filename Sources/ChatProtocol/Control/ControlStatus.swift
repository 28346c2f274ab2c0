package struct ControlStatus: Equatable, Sendable {
  package var version: String
  package var pid: Int
  package var started: Timestamp
  package var now: Timestamp
  package var address: String
  package var data: String
  package var fsync: String
  package var sessions: Int
  /// Connected accounts and guests.
  package var present: Int
  package var accounts: Int
  package var rooms: Int
  package var bans: Int
  package var mutes: Int
  /// Messages accepted since the start.
  package var messages: UInt64
  /// Resident, in bytes.
  package var memory: UInt64
  /// The most bytes that clients can add to what the program and the data take; nil if settings leave that unlimited.
  package var memoryBound: UInt64?
  /// Password hashes that wait.
  package var pendingHashes: Int
  /// Why records cannot be written; nil while they can.
  package var recordingError: String?
  /// Edits that are not applied: `FILE:LINE: problem; fix`.
  package var faults: [String]
  /// These six are nil from an older server.
  package var rates: ControlRates?
  package var queues: ControlQueues?
  package var files: ControlFileUse?
  package var disk: ControlDisk?
  package var policy: ControlPolicy?
  /// nil also where no certificate is in force.
  package var tls: ControlTLS?

  package init(
    version: String, pid: Int, started: Timestamp, now: Timestamp, address: String, data: String, fsync: String,
    sessions: Int, present: Int, accounts: Int, rooms: Int, bans: Int = 0, mutes: Int = 0, messages: UInt64,
    memory: UInt64,
    memoryBound: UInt64? = nil, pendingHashes: Int, recordingError: String?, faults: [String] = [],
    rates: ControlRates? = nil, queues: ControlQueues? = nil, files: ControlFileUse? = nil, disk: ControlDisk? = nil,
    policy: ControlPolicy? = nil, tls: ControlTLS? = nil
  ) {
    self.version = version
    self.pid = pid
    self.started = started
    self.now = now
    self.address = address
    self.data = data
    self.fsync = fsync
    self.sessions = sessions
    self.present = present
    self.accounts = accounts
    self.rooms = rooms
    self.bans = bans
    self.mutes = mutes
    self.messages = messages
    self.memory = memory
    self.memoryBound = memoryBound
    self.pendingHashes = pendingHashes
    self.recordingError = recordingError
    self.faults = faults
    self.rates = rates
    self.queues = queues
    self.files = files
    self.disk = disk
    self.policy = policy
    self.tls = tls
  }
}

extension ControlStatus: CodedRecord {
  package static let meaning = "the status"
  package static let blank = ControlStatus(
    version: "", pid: 0, started: .first, now: .first, address: "", data: "", fsync: "", sessions: 0, present: 0,
    accounts: 0, rooms: 0, messages: 0, memory: 0, pendingHashes: 0, recordingError: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    // An older server has no bans, mutes or faults.
    var (bans, mutes, faults) = (Int?(bans), Int?(mutes), [String]?(faults))
    try coder.field("version", &version)
    try coder.field("pid", &pid)
    try coder.field("started", &started)
    try coder.field("now", &now)
    try coder.field("address", &address)
    try coder.field("data", &data)
    try coder.field("fsync", &fsync)
    try coder.field("sessions", &sessions)
    try coder.field("present", &present)
    try coder.field("accounts", &accounts)
    try coder.field("rooms", &rooms)
    try coder.nullable("bans", &bans)
    try coder.nullable("mutes", &mutes)
    try coder.field("messages", &messages)
    try coder.field("memory_bytes", &memory)
    try coder.nullable("memory_bound_bytes", &memoryBound)
    try coder.field("pending_hashes", &pendingHashes)
    try coder.nullable("recording_fault", &recordingError)
    try coder.nullable("faults", &faults)
    try coder.nullable("rates", &rates)
    try coder.nullable("queues", &queues)
    try coder.nullable("files", &files)
    try coder.nullable("disk", &disk)
    try coder.nullable("policy", &policy)
    try coder.nullable("tls", &tls)
    (self.bans, self.mutes, self.faults) = (bans ?? 0, mutes ?? 0, faults ?? [])
  }
}

package struct ControlRate: Equatable, Sendable {
  package var total: UInt64
  package var lastSecond: Int
  package var lastTenSeconds: Int
  package var lastMinute: Int

  package init(total: UInt64, lastSecond: Int, lastTenSeconds: Int, lastMinute: Int) {
    self.total = total
    self.lastSecond = lastSecond
    self.lastTenSeconds = lastTenSeconds
    self.lastMinute = lastMinute
  }
}

extension ControlRate: CodedRecord {
  package static let meaning = "a rate"
  package static let blank = ControlRate(total: 0, lastSecond: 0, lastTenSeconds: 0, lastMinute: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("total", &total)
    try coder.field("last_second", &lastSecond)
    try coder.field("last_10_seconds", &lastTenSeconds)
    try coder.field("last_minute", &lastMinute)
  }
}

package struct ControlRates: Equatable, Sendable {
  /// Messages to rooms.
  package var messages: ControlRate
  /// One for each session that a message goes to, except the sender's.
  package var deliveries: ControlRate
  /// Accepted connections.
  package var connections: ControlRate

  package init(messages: ControlRate, deliveries: ControlRate, connections: ControlRate) {
    self.messages = messages
    self.deliveries = deliveries
    self.connections = connections
  }
}

extension ControlRates: CodedRecord {
  package static let meaning = "the rates"
  package static let blank = ControlRates(messages: .blank, deliveries: .blank, connections: .blank)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("messages", &messages)
    try coder.field("deliveries", &deliveries)
    try coder.field("connections", &connections)
  }
}

package struct ControlQueues: Equatable, Sendable {
  /// Bytes for slow sessions, whose sockets accept no more at the moment.
  package var outboxBytes: Int
  package var sessionsBehind: Int
  /// Pages of history and searches that are not read yet.
  package var historyRequests: Int
  /// Sessions that exceed their rate and are paused.
  package var throttledSessions: Int
  /// Turns whose output waits for a sync.
  package var heldTurns: Int

  package init(
    outboxBytes: Int, sessionsBehind: Int, historyRequests: Int, throttledSessions: Int, heldTurns: Int
  ) {
    self.outboxBytes = outboxBytes
    self.sessionsBehind = sessionsBehind
    self.historyRequests = historyRequests
    self.throttledSessions = throttledSessions
    self.heldTurns = heldTurns
  }
}

extension ControlQueues: CodedRecord {
  package static let meaning = "the queues"
  package static let blank = ControlQueues(
    outboxBytes: 0, sessionsBehind: 0, historyRequests: 0, throttledSessions: 0, heldTurns: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("outbox_bytes", &outboxBytes)
    try coder.field("sessions_behind", &sessionsBehind)
    try coder.field("history_requests", &historyRequests)
    try coder.field("throttled_sessions", &throttledSessions)
    try coder.field("held_turns", &heldTurns)
  }
}

package struct ControlFileUse: Equatable, Sendable {
  /// Complete files.
  package var shared: Int
  /// Offered files whose upload is not finished.
  package var unfinished: Int
  /// The size of all of them, once complete.
  package var bytes: UInt64
  /// nil for no limit.
  package var bytesMax: UInt64?
  /// Uploads and downloads in progress.
  package var up: Int
  package var down: Int
  /// nil for no limit.
  package var transfersMax: Int?

  package init(
    shared: Int, unfinished: Int, bytes: UInt64, bytesMax: UInt64?, up: Int, down: Int, transfersMax: Int?
  ) {
    self.shared = shared
    self.unfinished = unfinished
    self.bytes = bytes
    self.bytesMax = bytesMax
    self.up = up
    self.down = down
    self.transfersMax = transfersMax
  }
}

extension ControlFileUse: CodedRecord {
  package static let meaning = "the files"
  package static let blank = ControlFileUse(
    shared: 0, unfinished: 0, bytes: 0, bytesMax: nil, up: 0, down: 0, transfersMax: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("shared", &shared)
    try coder.field("unfinished", &unfinished)
    try coder.field("bytes", &bytes)
    try coder.nullable("bytes_max", &bytesMax)
    try coder.field("up", &up)
    try coder.field("down", &down)
    try coder.nullable("transfers_max", &transfersMax)
  }
}

package struct ControlDisk: Equatable, Sendable {
  /// On the data folder's file system; nil if unknown.
  package var freeBytes: UInt64?
  package var logBytes: Int64
  package var journalBytes: Int64
  /// Changes that are not in all readable files yet.
  package var journalChanges: UInt64
  /// When a readable file was last written; nil before the first time.
  package var lastSnapshot: Timestamp?
  /// Files whose last write failed: `users.csv: No space left on device`.
  package var snapshotFaults: [String]
  /// When the journal or the log was last synced; nil before the first time.
  package var lastSync: Timestamp?

  package init(
    freeBytes: UInt64?, logBytes: Int64, journalBytes: Int64, journalChanges: UInt64, lastSnapshot: Timestamp?,
    snapshotFaults: [String], lastSync: Timestamp?
  ) {
    self.freeBytes = freeBytes
    self.logBytes = logBytes
    self.journalBytes = journalBytes
    self.journalChanges = journalChanges
    self.lastSnapshot = lastSnapshot
    self.snapshotFaults = snapshotFaults
    self.lastSync = lastSync
  }
}

extension ControlDisk: CodedRecord {
  package static let meaning = "the disk"
  package static let blank = ControlDisk(
    freeBytes: nil, logBytes: 0, journalBytes: 0, journalChanges: 0, lastSnapshot: nil, snapshotFaults: [],
    lastSync: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.nullable("free_bytes", &freeBytes)
    try coder.field("log_bytes", &logBytes)
    try coder.field("journal_bytes", &journalBytes)
    try coder.field("journal_changes", &journalChanges)
    try coder.nullable("last_snapshot", &lastSnapshot)
    try coder.field("snapshot_faults", &snapshotFaults)
    try coder.nullable("last_sync", &lastSync)
  }
}

package struct ControlPolicy: Equatable, Sendable {
  package var isRegistrationOpen: Bool
  package var allowsGuests: Bool
  /// Other machines can connect.
  package var isBeyondLoopback: Bool
  /// They can also connect without TLS.
  package var allowsPlaintext: Bool
  /// The settings that are not the default.
  package var changed: [ControlSetting]

  package init(
    isRegistrationOpen: Bool, allowsGuests: Bool, isBeyondLoopback: Bool, allowsPlaintext: Bool,
    changed: [ControlSetting]
  ) {
    self.isRegistrationOpen = isRegistrationOpen
    self.allowsGuests = allowsGuests
    self.isBeyondLoopback = isBeyondLoopback
    self.allowsPlaintext = allowsPlaintext
    self.changed = changed
  }
}

extension ControlPolicy: CodedRecord {
  package static let meaning = "the policy"
  package static let blank = ControlPolicy(
    isRegistrationOpen: false, allowsGuests: false, isBeyondLoopback: false, allowsPlaintext: false, changed: [])

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    // An older server does not have it.
    var plaintext = Bool?(allowsPlaintext)
    try coder.field("registration", &isRegistrationOpen)
    try coder.field("guests", &allowsGuests)
    try coder.field("beyond_loopback", &isBeyondLoopback)
    try coder.nullable("allow_plaintext", &plaintext)
    try coder.field("changed", &changed)
    allowsPlaintext = plaintext ?? false
  }
}
