import ChatProtocol
import Testing

@testable import chat_admin

private let started = Timestamp("2026-11-20T20:11:00.000Z")!

private func status(after seconds: Int64) -> ControlStatus {
  let now = started.adding(milliseconds: seconds * 1000)
  return ControlStatus(
    version: "0.1.0", pid: 4242, started: started, now: now, address: "127.0.0.1:7777", data: "data",
    fsync: "everysec", sessions: 3, present: 1, accounts: 1000, rooms: 7, bans: 2, mutes: 1, messages: 12345,
    memory: 24_536_678,
    pendingHashes: 1, recordingError: nil)
}

private func whole() -> ControlStatus {
  var status = status(after: 7385)
  let none = ControlRate(total: 0, lastSecond: 0, lastTenSeconds: 0, lastMinute: 0)
  status.rates = ControlRates(
    messages: ControlRate(total: 12345, lastSecond: 12, lastTenSeconds: 98, lastMinute: 560),
    deliveries: ControlRate(total: 1_234_567, lastSecond: 1200, lastTenSeconds: 9804, lastMinute: 56000),
    connections: none)
  status.queues = ControlQueues(
    outboxBytes: 1 << 20, sessionsBehind: 2, historyRequests: 0, throttledSessions: 1, heldTurns: 3)
  status.files = ControlFileUse(
    shared: 12, unfinished: 1, bytes: 129 << 20, bytesMax: 1 << 30, up: 1, down: 2, transfersMax: 8)
  status.disk = ControlDisk(
    freeBytes: 13 << 30, logBytes: 1200, journalBytes: 3400, journalChanges: 2,
    lastSnapshot: status.now.adding(milliseconds: -1000), snapshotFaults: [],
    lastSync: status.now.adding(milliseconds: -61_000))
  status.policy = ControlPolicy(
    isRegistrationOpen: true, allowsGuests: false, isBeyondLoopback: true, allowsPlaintext: false,
    changed: [ControlSetting("guests", .flag(false), standard: .flag(true))])
  status.tls = certificate(days: 61)
  return status
}

/// One that expires so many days after the status of `whole`.
private func certificate(days: Int64, hours: Int64 = 0, isSelfSigned: Bool = false) -> ControlTLS {
  ControlTLS(
    fingerprint: "SHA256:4F:1B", names: ["DNS:chat.example.org"], issuer: "CN=R3",
    notBefore: started.adding(milliseconds: -1),
    notAfter: started.adding(milliseconds: (7385 + days * 86_400 + hours * 3600) * 1000), source: "fullchain.pem",
    isSelfSigned: isSelfSigned)
}

/// The lines of the status on TLS, and the one before.
private func shownTLS(_ change: (inout ControlStatus) -> Void) -> [String] {
  var status = whole()
  change(&status)
  return shown(status).split(separator: "\n").map(String.init).filter { line in
    ["address", "tls", "problem", "warning"].contains { line.hasPrefix("\($0) ") }
  }
}

private func shown(_ status: ControlStatus) -> String {
  ReplyText(clock: .anHourAhead()).status(status).joined(separator: "\n")
}

@Test func `the status is facts in groups within 80 columns`() {
  let expected = """
    version    0.1.0
    running    since 2026-11-20 21:11 CET (2 h 3 min), process 4242
    address    127.0.0.1:7777 (other machines too, with TLS)
    data       data
    tls        certificate, expires in 61 days

    sessions   3
    users      1 connected
    accounts   1000
    rooms      7
    bans       2, and 1 mute
    files      12 shared, 1 unfinished; 129.0 MiB of 1.0 GiB
    transfers  1 up and 2 down, of 8
    memory     23.3 MiB

    messages   12/s; 9.8/s over 10 s, 9.3/s over 60 s; 12345 since the start
    delivered  1200/s; 980/s over 10 s, 933/s over 60 s; 1234567 since the start
    connected  0/s; 0/s over 10 s, 0/s over 60 s; 0 since the start

    slow       2 clients with 1.0 MiB queued
    pending    1 password hash, 0 history requests, 1 throttled session

    recording  yes (fsync everysec); last sync 1 min 1 s ago, 3 turns pending
    disk       13.0 GiB free; log 1.1 KiB, journal 3.3 KiB with 2 changes
    snapshot   1 s ago

    policy     registration on, guests off
    setting    guests false (default: true)
    """
  #expect(shown(whole()) == expected)
  #expect(expected.split(separator: "\n").allSatisfy { $0.count <= 80 })
}

@Test func `the status shows no limit where there is none`() {
  var status = whole()
  status.files = ControlFileUse(
    shared: 0, unfinished: 0, bytes: 0, bytesMax: nil, up: 0, down: 0, transfersMax: nil)
  #expect(shown(status).contains("\nfiles      0 shared; 0 B\ntransfers  0 up and 0 down\n"))
}

@Test func `the status shows errors`() {
  var status = whole()
  status.memoryBound = 3 << 29
  #expect(
    shown(status).contains("\nmemory     23.3 MiB; clients can add at most 1.5 GiB, besides stored data\n"))
  status.recordingError = "No space left on device"
  #expect(shown(status).contains("\nrecording  NO: No space left on device\n"))
  status.disk?.snapshotFaults = ["users.csv: No space left on device"]
  #expect(shown(status).contains("\nsnapshot   FAILED: users.csv: No space left on device\n"))
  status.faults = ["data/users.csv:3: the name is empty", "data/rooms.json:1: no"]
  #expect(
    shown(status).hasSuffix(
      "\nerror      data/users.csv:3: the name is empty\nerror      data/rooms.json:1: no"))
}

@Test func `the rates of a new server are over its running time`() {
  let young = status(after: 4)
  let rate = ControlRate(total: 20, lastSecond: 5, lastTenSeconds: 20, lastMinute: 20)
  let means = ReplyText().means(of: rate, in: young)
  #expect(means.tenSeconds == "5.0" && means.minute == "5.0")
}

@Test func `the status of an older server has fewer facts`() {
  let shown = shown(status(after: 60))
  #expect(shown.contains("\nmessages   12345 since the start\n") && shown.contains("\npending    1 password hash\n"))
  #expect(shown.contains("\nrecording  yes (fsync everysec)") && !shown.contains("policy"))
}

private let encrypted = "address    127.0.0.1:7777 (other machines too, with TLS)"

@Test(arguments: [
  (certificate(days: 15), "certificate, expires in 15 days"),
  (certificate(days: 14, hours: 23), "certificate, EXPIRES in 14 days; renew it"),
  (certificate(days: 1), "certificate, EXPIRES in 1 day; renew it"),
  (certificate(days: 0, hours: 5), "certificate, EXPIRES in 5 h; renew it"),
  (certificate(days: 0), "certificate, EXPIRED 0 s ago, and clients refuse it; renew it"),
  (certificate(days: -3, hours: -1), "certificate, EXPIRED 3 days ago, and clients refuse it; renew it"),
  (
    certificate(days: 14, isSelfSigned: true),
    "self-signed certificate, EXPIRES in 14 days; replace it: chat-admin tls generate"
  ),
])
func `the status warns of a certificate that expires soon`(certificate: ControlTLS, line: String) {
  #expect(shownTLS { $0.tls = certificate } == [encrypted, "tls        \(line)"])
}

@Test func `the status shows a certificate that is not valid yet, and a changed file that is not used`() {
  let lines = shownTLS {
    $0.tls?.notBefore = $0.now.adding(milliseconds: 60_000)
    $0.tls?.problem = "it does not match its key"
  }
  #expect(
    lines == [
      encrypted,
      "tls        certificate, NOT VALID before 2026-11-20 23:15 CET; check the machine's clock",
      "problem    the changed file is not used: it does not match its key",
    ])
}

@Test func `the status says how safe connections from other machines are`() {
  #expect(
    shownTLS { $0.tls = nil } == [
      "address    127.0.0.1:7777 (other machines too, unencrypted)",
      "tls        NO CERTIFICATE: 'chat-admin log --event warning' shows why",
    ])
  #expect(
    shownTLS { $0.policy?.allowsPlaintext = true } == [
      "address    127.0.0.1:7777 (other machines too, TLS or unencrypted)",
      "tls        certificate, expires in 61 days",
      "warning    anyone between this server and its clients can read passwords: remove allow_plaintext",
    ])
  #expect(
    shownTLS {
      $0.tls = nil
      $0.policy?.isBeyondLoopback = false
      $0.policy?.allowsPlaintext = true
    } == ["address    127.0.0.1:7777 (this machine only)"])
}
