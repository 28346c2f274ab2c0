import POSIX

/// Whoever started the server and wants to hear how far it is: systemd, where the unit says `Type=notify` or
/// `Type=notify-reload`. What it is told stands in sd_notify(3).
struct Supervisor {
  /// More is waiting than a supervisor that reads at all lets wait: the oldest is not worth keeping.
  private static let waitingMax = 16

  private let socket: NotifySocket
  /// What the supervisor has not taken yet, oldest first.
  private var waiting: [String] = []
  private var isReloading = false
  private var awaitsLook = false

  /// nil where nobody asked: the environment has no NOTIFY_SOCKET.
  init?() {
    guard let socket = NotifySocket(Environment.value("NOTIFY_SOCKET")) else { return nil }
    self.socket = socket
  }

  fileprivate mutating func ready(_ status: String) throws(Errno) { try tell("READY=1\nSTATUS=\(status)") }

  fileprivate mutating func stopping() throws(Errno) { try tell("STOPPING=1\nSTATUS=saving") }

  /// The time tells systemd whether its signal is the one that is being followed: of CLOCK_MONOTONIC, as there.
  fileprivate mutating func reloading() throws(Errno) {
    isReloading = true
    awaitsLook = true
    try tell("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic_ns / 1000)")
  }

  /// Whether it is to be told something that it had no place for.
  var isBehind: Bool { !waiting.isEmpty }

  private mutating func tell(_ assignments: String) throws(Errno) {
    if waiting.count == Supervisor.waitingMax { waiting.removeFirst() }
    waiting.append(assignments)
    try sendWaiting()
  }

  /// In order, as far as there is place for them.
  fileprivate mutating func sendWaiting() throws(Errno) {
    while let next = waiting.first {
      do throws(Errno) {
        try socket.send(next)
      } catch {
        if error == .wouldBlock { return }
        waiting = []
        throw error
      }
      waiting.removeFirst()
    }
  }

  mutating func filesAreLookedAt() { awaitsLook = false }

  /// True once for every reload.
  fileprivate mutating func takeReloaded() -> Bool {
    guard isReloading, !awaitsLook else { return false }
    isReloading = false
    return true
  }
}

// When the supervisor is told what.
extension Server {
  func notifyReady() {
    notifySupervisor { (supervisor) throws(Errno) in try supervisor.ready("serving on \(address)") }
  }

  func notifyStopping() { notifySupervisor { (supervisor) throws(Errno) in try supervisor.stopping() } }

  func notifyReloading() { notifySupervisor { (supervisor) throws(Errno) in try supervisor.reloading() } }

  /// Once the log is open anew and the files were looked at for edits.
  func notifyReloaded() {
    if supervisor?.takeReloaded() == true { notifyReady() }
  }

  /// About once a second.
  func notifySupervisorAgain() {
    if supervisor?.isBehind == true { notifySupervisor { (supervisor) throws(Errno) in try supervisor.sendWaiting() } }
  }

  private func notifySupervisor(_ tell: (inout Supervisor) throws(Errno) -> Void) {
    guard var supervisor else { return }
    do throws(Errno) {
      try tell(&supervisor)
    } catch {
      log("warning", text: "whoever supervises this server could not be told how far it is: \(error)")
    }
    self.supervisor = supervisor
  }
}

/// The signals that a server takes: SIGINT and SIGTERM end it, SIGHUP reopens the log and
/// has the files looked at for edits.
final class ServerSignals {
  private let descriptor: SignalDescriptor

  /// Before any other thread is made: each inherits that they are blocked.
  init() throws(Errno) { descriptor = try SignalDescriptor([.interrupt, .terminate, .hangup]) }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(descriptor.rawValue, token: PollerToken.signals.token, interest: .readable)
  }

  func next() -> Signal? {
    do throws(Errno) { return try descriptor.next() } catch { return nil }
  }
}
