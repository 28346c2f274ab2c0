import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// What only the loop knows of what the operator asks.
extension Server {
  /// Options count as they did at the start, bounds as they were taken over last.
  var settingsInForce: [ControlSetting] {
    var inForce = options.inForce
    inForce.settings = settings
    return zip(inForce.values, options.standard.values).map { ControlSetting($0.name, $0.value, standard: $1.value) }
  }

  func completed(_ session: ControlSession, of id: SessionID) -> ControlSession {
    guard let connection = connections[id] else { return session }
    var session = session
    session.dialect = outboxes.dialect(of: id)
    session.lastActive = clock.label(monotonic_us: connection.lastActive_us)
    session.outboxBytes = outboxes.waitingBytes(of: id)
    return session
  }

  func completed(_ status: CoreStatus) -> ControlStatus {
    ControlStatus(
      version: chatVersion, pid: Int(CurrentProcess.id), started: clock.label(monotonic_us: started_us), now: clock.now,
      address: address.description, data: store.folder.path, fsync: store.policy.rawValue,
      sessions: status.sessions, present: status.present, accounts: status.accounts, rooms: status.rooms,
      bans: status.bans, mutes: status.mutes,
      messages: status.messages, memory: UInt64(clamping: (try? CurrentProcess.residentBytes()) ?? 0),
      memoryBound: MemoryBound(settings, connections_max: connectionsMax, patience: patience).bytes.map(UInt64.init),
      pendingHashes: passwords.pending, recordingError: status.recordingError,
      faults: fileFaults.map(\.description), rates: activity.rates, queues: queues, files: status.files,
      disk: disk, policy: policy)
  }

  func top(_ status: CoreStatus, _ busiest: [ControlBusyRoom]) -> ControlTop {
    var whole = completed(status)
    whole.faults = whole.faults.prefix(ControlTop.rows_max).map { LatestWarnings.beginning(of: $0) }
    return ControlTop(
      status: whole, samples: activity.lastMinute, busiestRooms: busiest, slowestSessions: slowestSessions,
      warnings: warnings.all)
  }

  private var queues: ControlQueues {
    let behind = outboxes.sessionsBehind
    return ControlQueues(
      outboxBytes: behind.reduce(0) { $0 + $1.bytes }, sessionsBehind: behind.count, historyRequests: history.pending,
      throttledSessions: throttled.count, heldTurns: held.count)
  }

  /// Whoever is being closed is nobody's session any more.
  private var slowestSessions: [ControlSession] {
    let sorted = outboxes.sessionsBehind.sorted { ($0.bytes, $1.id.number) > ($1.bytes, $0.id.number) }
    let sessions = sorted.lazy.compactMap { [self] behind in
      core.controlSession(of: behind.id).map { completed($0, of: behind.id) }
    }
    return Array(sessions.prefix(ControlTop.rows_max))
  }

  private var disk: ControlDisk {
    let files = store.condition
    return ControlDisk(
      freeBytes: try? File.freeBytes(ofFileSystemAt: store.folder.path), logBytes: files.logBytes,
      journalBytes: files.journalBytes, journalChanges: files.journalChanges, lastSnapshot: files.lastSnapshot,
      snapshotFaults: files.snapshotFaults, lastSync: files.lastSync)
  }

  private var policy: ControlPolicy {
    ControlPolicy(
      isRegistrationOpen: settings.registration, guestsMayComeIn: settings.guests,
      isBeyondLoopback: !address.isLoopback, changed: settingsInForce.filter { $0.value != $0.standard })
  }
}
