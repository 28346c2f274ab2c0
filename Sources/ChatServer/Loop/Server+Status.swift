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
      memoryBound: MemoryBound(settings, connections_max: connectionsMax, timeouts: timeouts).bytes.map(UInt64.init),
      pendingHashes: passwords.pending, recordingError: status.recordingError,
      faults: fileFaults.map(\.description), rates: activity.rates, queues: queues, files: status.files,
      disk: disk, policy: policy)
  }

  func top(_ status: CoreStatus, _ busiest: [ControlBusyRoom]) -> ControlTop {
    var whole = completed(status)
    whole.faults = whole.faults.prefix(ControlTop.rows_max).map { RecentWarnings.beginning(of: $0) }
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
    let files = store.status
    return ControlDisk(
      freeBytes: try? File.freeBytes(ofFileSystemAt: store.folder.path), logBytes: files.logBytes,
      journalBytes: files.journalBytes, journalChanges: files.journalChanges, lastSnapshot: files.lastSnapshot,
      snapshotFaults: files.writeErrors, lastSync: files.lastSync)
  }

  private var policy: ControlPolicy {
    ControlPolicy(
      isRegistrationOpen: settings.registration, guestsMayComeIn: settings.guests,
      isBeyondLoopback: !address.isLoopback, changed: settingsInForce.filter { $0.value != $0.standard })
  }
}

/// What the server does, counted where it is done and sampled once a second: how much of it since the start, and in each of the
/// last sixty seconds.
struct Activity {
  static let samples_max = 60

  struct Counts {
    var messages = 0
    var deliveries = 0
    var connections = 0
  }

  /// Since the start; to be added to where something happens.
  var counts = Counts()
  /// What they were at the last sample.
  private var sampled = Counts()
  private var sampled_ms: Int64
  /// The oldest first.
  private var samples: [Counts] = []

  /// By the monotonic clock, as below.
  init(at now_ms: Int64) { sampled_ms = now_ms }

  /// About once a second while anything happens. Nothing happened in the seconds that were left out.
  mutating func sample(at now_ms: Int64) {
    let missed = Int(clamping: (now_ms - sampled_ms + 500) / 1000) - 1
    for _ in 0..<max(0, min(missed, Activity.samples_max)) { append(Counts()) }
    append(
      Counts(
        messages: counts.messages - sampled.messages, deliveries: counts.deliveries - sampled.deliveries,
        connections: counts.connections - sampled.connections))
    sampled = counts
    sampled_ms = now_ms
  }

  private mutating func append(_ sample: Counts) {
    if samples.count == Activity.samples_max { samples.removeFirst() }
    samples.append(sample)
  }

  var rates: ControlRates {
    ControlRates(
      messages: rate(of: \.messages), deliveries: rate(of: \.deliveries), connections: rate(of: \.connections))
  }

  private func rate(of count: KeyPath<Counts, Int>) -> ControlRate {
    func last(_ seconds: Int) -> Int { samples.suffix(seconds).reduce(0) { $0 + $1[keyPath: count] } }
    return ControlRate(
      total: UInt64(counts[keyPath: count]), lastSecond: last(1), lastTenSeconds: last(10), lastMinute: last(60))
  }

  var lastMinute: ControlSamples {
    ControlSamples(
      messages: samples.map(\.messages), deliveries: samples.map(\.deliveries), connections: samples.map(\.connections))
  }
}

/// The last lines of the log that an operator should know of, for whoever did not see it scroll by.
struct RecentWarnings {
  private static let textBytesMax = 1024
  /// What the log calls a fault in an edited file.
  static let faultEvent = "fault"

  /// The newest last.
  private(set) var all: [ControlWarning] = []

  /// Takes a line of the log where it is one of those.
  mutating func note(_ line: LogRecord, at time: Timestamp) {
    guard case .event(let event, let fields, let text) = line, Self.isWarning(event) else { return }
    let words = text ?? fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    if all.count == ControlTop.rows_max { all.removeFirst() }
    all.append(ControlWarning(time: time, event: event, text: Self.beginning(of: words)))
  }

  /// What was wrong with a file and is mended is not worth knowing of any more; `faults` are those that are left.
  mutating func keepFaults(_ faults: [String]) {
    let left = Set(faults.map { Self.beginning(of: $0) })
    all.removeAll { $0.event == Self.faultEvent && !left.contains($0.text) }
  }

  /// As much of a text as is told where several are.
  static func beginning(of text: String) -> String {
    text.utf8.count <= textBytesMax ? text : String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
  }

  private static func isWarning(_ event: String) -> Bool {
    switch event {
    case "warning", faultEvent, "recording-failed", "recording-resumed", "control-closed": true
    default: false
    }
  }
}
