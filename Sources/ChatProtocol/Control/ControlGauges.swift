/// How often something happened: since the start, and lately.
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

/// What the server does.
package struct ControlRates: Equatable, Sendable {
  /// Messages to rooms.
  package var messages: ControlRate
  /// Each of them once for every session that it was for, but the sender's.
  package var deliveries: ControlRate
  /// Connections that were let in.
  package var connections: ControlRate

  package init(messages: ControlRate, deliveries: ControlRate, connections: ControlRate) {
    self.messages = messages
    self.deliveries = deliveries
    self.connections = connections
  }
}

/// What waits, beside the passwords to be hashed.
package struct ControlQueues: Equatable, Sendable {
  /// Bytes that wait for sessions which are behind: the kernel has taken no more for them.
  package var outboxBytes: Int
  package var sessionsBehind: Int
  /// Pages of the past and searches that are asked for and not read.
  package var historyRequests: Int
  /// Sessions that send faster than they may, and are not heard at the moment.
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

/// What is shared, and what is on its way.
package struct ControlFileUse: Equatable, Sendable {
  /// Files whose bytes are all there.
  package var shared: Int
  /// Files that were offered, and whose bytes have not all come.
  package var unfinished: Int
  /// What all of them take, or are to take.
  package var bytes: UInt64
  /// nil for no bound.
  package var bytesMax: UInt64?
  /// Connections over which bytes come, and over which they go.
  package var up: Int
  package var down: Int
  /// nil for no bound.
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

/// What stands on the disk.
package struct ControlDisk: Equatable, Sendable {
  /// What the server may still write on the data folder's file system; nil where the system does not say.
  package var freeBytes: UInt64?
  package var logBytes: Int64
  package var journalBytes: Int64
  /// Changes that not every readable file shows yet.
  package var journalChanges: UInt64
  /// When one of the readable files was written last; nil before the first.
  package var lastSnapshot: Timestamp?
  /// Files of which the last write failed: `users.csv: No space left on device`.
  package var snapshotFaults: [String]
  /// When the journal or the log was synced last; nil before the first time.
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

/// How the server was told to be.
package struct ControlPolicy: Equatable, Sendable {
  package var isRegistrationOpen: Bool
  package var guestsMayComeIn: Bool
  /// Other machines than this one can connect.
  package var isBeyondLoopback: Bool
  /// The settings in force that are not the default.
  package var changed: [ControlSetting]

  package init(isRegistrationOpen: Bool, guestsMayComeIn: Bool, isBeyondLoopback: Bool, changed: [ControlSetting]) {
    self.isRegistrationOpen = isRegistrationOpen
    self.guestsMayComeIn = guestsMayComeIn
    self.isBeyondLoopback = isBeyondLoopback
    self.changed = changed
  }
}
