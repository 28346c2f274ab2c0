import ChatProtocol
import Terminal

// How the server is.

extension AdminVerb {
  static let status = AdminVerb(
    "status", summary: "Show how the server is.",
    example: """
      $ chat-admin status
      version    0.1.0
      running    since 2026-11-20 20:11 CET, for 2 h 3 min, as process 4242
      address    127.0.0.1:7777, for this machine alone
      data       data

      sessions   3
      here       2 users
      accounts   12
      rooms      4
      bans       2, and 1 mute
      files      12 shared, 1 not complete; 129.0 MiB of 1.0 GiB
      transfers  1 up and 2 down, of 8
      memory     23.3 MiB; clients can add 4.6 GiB at most, beside what the files keep

      messages   2/s; 1.5/s over 10 s, 0.3/s over 60 s; 1042 since the start
      delivered  4/s; 3.0/s over 10 s, 0.7/s over 60 s; 2090 since the start
      connected  0/s; 0.1/s over 10 s, 0.1/s over 60 s; 31 since the start

      behind     nobody
      waiting    0 password hashes, 0 history requests, 0 throttled sessions

      recording  yes (fsync everysec); last sync 1 s ago, 0 turns held
      disk       12.3 GiB free; log 1.2 MiB, journal 3.4 KiB with 2 changes
      snapshot   1 s ago

      policy     registration on, guests off
      setting    guests false instead of true
      """
  ) { (_) throws(AdminError) in .request(.status) }
}

extension AdminText {
  func status(_ status: ControlStatus) -> [String] {
    let age = age(of: status.started, at: status.now)
    let groups: [[(label: String, value: String)]] = [
      [
        ("version", status.version),
        ("running", "since \(timeWithZone(status.started)), for \(age), as process \(status.pid)"),
        ("address", status.address + (status.policy.map { reach($0) } ?? "")),
        ("data", status.data),
      ],
      [
        ("sessions", "\(status.sessions)"),
        ("here", counted(status.present, "user")),
        ("accounts", "\(status.accounts)"),
        ("rooms", "\(status.rooms)"),
        ("bans", "\(status.bans), and \(counted(status.mutes, "mute"))"),
      ] + files(status) + [("memory", memory(status))],
      rates(status),
      queues(status),
      disk(status),
      policy(status) + status.faults.map { ("fault", $0) },
    ]
    return fields(groups: groups)
  }

  private func reach(_ policy: ControlPolicy) -> String {
    policy.isBeyondLoopback ? ", for other machines too, unencrypted" : ", for this machine alone"
  }

  private func files(_ status: ControlStatus) -> [(label: String, value: String)] {
    guard let files = status.files else { return [] }
    return [
      ("files", "\(files.shared) shared\(unfinished(files.unfinished)); \(bytes(files.bytes, of: files.bytesMax))"),
      ("transfers", transfers(files)),
    ]
  }

  private func unfinished(_ count: Int) -> String { count == 0 ? "" : ", \(count) not complete" }

  func bytes(_ count: UInt64, of bound: UInt64?) -> String {
    bytes(count) + (bound.map { " of \(bytes($0))" } ?? "")
  }

  func transfers(_ files: ControlFileUse) -> String {
    "\(files.up) up and \(files.down) down" + (files.transfersMax.map { ", of \($0)" } ?? "")
  }

  func files(_ files: ControlUserFiles) -> String {
    bytes(files.bytes, of: files.bytesMax) + unfinished(files.unfinished)
  }

  private func memory(_ status: ControlStatus) -> String {
    let bound = status.memoryBound.map { "; clients can add \(bytes($0)) at most, beside what the files keep" }
    return bytes(status.memory) + (bound ?? "")
  }

  private func rates(_ status: ControlStatus) -> [(label: String, value: String)] {
    guard let rates = status.rates else { return [("messages", "\(status.messages) since the start")] }
    func rate(_ rate: ControlRate) -> String {
      let means = means(of: rate, in: status)
      return "\(rate.lastSecond)/s; \(means.tenSeconds)/s over 10 s, \(means.minute)/s over 60 s; "
        + "\(rate.total) since the start"
    }
    return [
      ("messages", rate(rates.messages)), ("delivered", rate(rates.deliveries)),
      ("connected", rate(rates.connections)),
    ]
  }

  /// A second's, over the last ten and the last sixty. A server that started just now has no sixty yet.
  func means(of rate: ControlRate, in status: ControlStatus) -> (tenSeconds: String, minute: String) {
    let age_s = max(1, Int((status.now.milliseconds - status.started.milliseconds) / 1000))
    return (mean(rate.lastTenSeconds, over: min(10, age_s)), mean(rate.lastMinute, over: min(60, age_s)))
  }

  /// With a digit behind the point where it says something.
  private func mean(_ count: Int, over seconds: Int) -> String {
    let tenths = (count * 10 + seconds / 2) / seconds
    return tenths >= 1000 || tenths == 0 ? "\((tenths + 5) / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  private func queues(_ status: ControlStatus) -> [(label: String, value: String)] {
    guard let queues = status.queues else { return [("waiting", counted(status.pendingHashes, "password hash"))] }
    let behind =
      queues.sessionsBehind == 0
      ? "nobody"
      : "\(counted(queues.sessionsBehind, "session")), for which \(bytes(queues.outboxBytes)) wait"
    return [("behind", behind), ("waiting", waiting(queues, pendingHashes: status.pendingHashes))]
  }

  func waiting(_ queues: ControlQueues, pendingHashes: Int) -> String {
    "\(pendingHashes) password \(pendingHashes == 1 ? "hash" : "hashes"), "
      + "\(counted(queues.historyRequests, "history request")), "
      + counted(queues.throttledSessions, "throttled session")
  }

  private func disk(_ status: ControlStatus) -> [(label: String, value: String)] {
    let isRecording = status.recordingError.map { "NO: \($0)" } ?? "yes (fsync \(status.fsync))"
    guard let disk = status.disk else { return [("recording", isRecording)] }
    let turns = status.queues.map { ", \(counted($0.heldTurns, "turn")) held" } ?? ""
    let sync = disk.lastSync.map { "last sync \(age(of: $0, at: status.now)) ago" } ?? "no sync yet"
    let free = disk.freeBytes.map { "\(bytes($0)) free; " } ?? ""
    let snapshot = disk.lastSnapshot.map { "\(age(of: $0, at: status.now)) ago" } ?? "none yet"
    return [
      ("recording", status.recordingError == nil ? "\(isRecording); \(sync)\(turns)" : isRecording),
      (
        "disk",
        "\(free)log \(bytes(disk.logBytes)), journal \(bytes(disk.journalBytes)) with "
          + counted(Int(clamping: disk.journalChanges), "change")
      ),
      ("snapshot", snapshot),
    ] + disk.snapshotFaults.map { ("snapshot", "FAILED: \($0)") }
  }

  private func policy(_ status: ControlStatus) -> [(label: String, value: String)] {
    guard let policy = status.policy else { return [] }
    func word(_ isOn: Bool) -> String { isOn ? "on" : "off" }
    return [("policy", "registration \(word(policy.isRegistrationOpen)), guests \(word(policy.guestsMayComeIn))")]
      + policy.changed.map { ("setting", "\($0.name) \($0.value) instead of \($0.standard)") }
  }

  func age(of time: Timestamp, at now: Timestamp) -> String {
    duration(seconds: (now.milliseconds - time.milliseconds) / 1000)
  }

  private func bytes(_ count: some BinaryInteger) -> String { bytes(UInt64(clamping: count)) }
}
