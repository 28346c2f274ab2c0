import ChatProtocol
import Terminal

extension AdminVerb {
  static let status = AdminVerb(
    "status", summary: "Show the state of the server.",
    example: """
      $ chat-admin status
      version    0.1.0
      running    since 2026-11-20 20:11 CET (2 h 3 min), process 4242
      address    127.0.0.1:7777 (this machine only)
      data       data

      sessions   3
      users      2 connected
      accounts   12
      rooms      4
      bans       2, and 1 mute
      files      12 shared, 1 unfinished; 129.0 MiB of 1.0 GiB
      transfers  1 up and 2 down, of 8
      memory     23.3 MiB; clients can add at most 4.6 GiB, besides stored data

      messages   2/s; 1.5/s over 10 s, 0.3/s over 60 s; 1042 since the start
      delivered  4/s; 3.0/s over 10 s, 0.7/s over 60 s; 2090 since the start
      connected  0/s; 0.1/s over 10 s, 0.1/s over 60 s; 31 since the start

      slow       no clients
      pending    0 password hashes, 0 history requests, 0 throttled sessions

      recording  yes (fsync everysec); last sync 1 s ago, 0 turns pending
      disk       12.3 GiB free; log 1.2 MiB, journal 3.4 KiB with 2 changes
      snapshot   1 s ago

      policy     registration on, guests off
      setting    guests false (default: true)
      """
  ) { (_) throws(AdminError) in .request(.status) }
}

extension ReplyText {
  private typealias Facts = [(label: String, value: String)]

  func status(_ status: ControlStatus) -> [String] {
    let age = age(of: status.started, at: status.now)
    return fields(
      [
        ("version", status.version),
        ("running", "since \(timeWithZone(status.started)) (\(age)), process \(status.pid)"),
        ("address", status.address + reach(status)), ("data", status.data),
      ] + tls(status),
      [
        ("sessions", "\(status.sessions)"), ("users", "\(status.present) connected"),
        ("accounts", "\(status.accounts)"), ("rooms", "\(status.rooms)"),
        ("bans", "\(status.bans), and \(counted(status.mutes, "mute"))"),
      ] + files(status) + [("memory", memory(status))],
      rates(status), queues(status), disk(status), policy(status) + status.faults.map { ("error", $0) })
  }

  /// Who can connect, and how.
  private func reach(_ status: ControlStatus) -> String {
    guard let policy = status.policy else { return "" }
    if !policy.isBeyondLoopback { return " (this machine only)" }
    if status.tls == nil { return " (other machines too, unencrypted)" }
    return policy.allowsPlaintext ? " (other machines too, TLS or unencrypted)" : " (other machines too, with TLS)"
  }

  private func files(_ status: ControlStatus) -> Facts {
    guard let files = status.files else { return [] }
    return [
      ("files", "\(files.shared) shared\(unfinished(files.unfinished)); \(bytes(files.bytes, of: files.bytesMax))"),
      ("transfers", "\(files.up) up and \(files.down) down" + (files.transfersMax.map { ", of \($0)" } ?? "")),
    ]
  }

  func unfinished(_ count: Int) -> String { count == 0 ? "" : ", \(count) unfinished" }

  private func memory(_ status: ControlStatus) -> String {
    bytes(status.memory)
      + (status.memoryBound.map { "; clients can add at most \(bytes($0)), besides stored data" } ?? "")
  }

  private func rates(_ status: ControlStatus) -> Facts {
    guard let rates = status.rates else { return [("messages", "\(status.messages) since the start")] }
    func text(_ rate: ControlRate) -> String {
      let means = means(of: rate, in: status)
      return "\(rate.lastSecond)/s; \(means.tenSeconds)/s over 10 s, \(means.minute)/s over 60 s; "
        + "\(rate.total) since the start"
    }
    return [
      ("messages", text(rates.messages)), ("delivered", text(rates.deliveries)), ("connected", text(rates.connections)),
    ]
  }

  /// The rate a second over the last ten and sixty seconds, or since the start if that is less.
  func means(of rate: ControlRate, in status: ControlStatus) -> (tenSeconds: String, minute: String) {
    let ageSeconds = max(1, Int((status.now.milliseconds - status.started.milliseconds) / 1000))
    return (mean(rate.lastTenSeconds, over: min(10, ageSeconds)), mean(rate.lastMinute, over: min(60, ageSeconds)))
  }

  /// With one decimal, except from 100 on and for zero.
  private func mean(_ count: Int, over seconds: Int) -> String {
    let tenths = (count * 10 + seconds / 2) / seconds
    return tenths >= 1000 || tenths == 0 ? "\((tenths + 5) / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  private func queues(_ status: ControlStatus) -> Facts {
    guard let queues = status.queues else {
      return [("pending", "\(status.pendingHashes) password \(status.pendingHashes == 1 ? "hash" : "hashes")")]
    }
    let slow =
      queues.sessionsBehind == 0
      ? "no clients" : "\(counted(queues.sessionsBehind, "client")) with \(bytes(queues.outboxBytes)) queued"
    return [("slow", slow), ("pending", pending(queues, pendingHashes: status.pendingHashes))]
  }

  func pending(_ queues: ControlQueues, pendingHashes: Int) -> String {
    "\(pendingHashes) password \(pendingHashes == 1 ? "hash" : "hashes"), "
      + "\(counted(queues.historyRequests, "history request")), "
      + counted(queues.throttledSessions, "throttled session")
  }

  private func disk(_ status: ControlStatus) -> Facts {
    var recording = status.recordingError.map { "NO: \($0)" } ?? "yes (fsync \(status.fsync))"
    guard let disk = status.disk else { return [("recording", recording)] }
    if status.recordingError == nil {
      recording += disk.lastSync.map { "; last sync \(age(of: $0, at: status.now)) ago" } ?? "; no sync yet"
      recording += status.queues.map { ", \(counted($0.heldTurns, "turn")) pending" } ?? ""
    }
    let free = disk.freeBytes.map { "\(bytes($0)) free; " } ?? ""
    let changes = counted(Int(clamping: disk.journalChanges), "change")
    return [
      ("recording", recording),
      ("disk", "\(free)log \(bytes(disk.logBytes)), journal \(bytes(disk.journalBytes)) with \(changes)"),
      ("snapshot", disk.lastSnapshot.map { "\(age(of: $0, at: status.now)) ago" } ?? "none yet"),
    ] + disk.snapshotFaults.map { ("snapshot", "FAILED: \($0)") }
  }

  private func policy(_ status: ControlStatus) -> Facts {
    guard let policy = status.policy else { return [] }
    func word(_ isOn: Bool) -> String { isOn ? "on" : "off" }
    return [("policy", "registration \(word(policy.isRegistrationOpen)), guests \(word(policy.allowsGuests))")]
      + policy.changed.map { ("setting", "\($0.name) \($0.value) (default: \($0.standard))") }
  }
}
