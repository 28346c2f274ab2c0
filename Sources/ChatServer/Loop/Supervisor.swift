import POSIX

/// Whoever started the server and wants to hear how far it is: systemd, where the unit says `Type=notify` or
/// `Type=notify-reload`. What it is told stands in sd_notify(3).
struct Supervisor {
  private let socket: NotifySocket
  private var isReloading = false
  private var awaitsLook = false

  /// nil where nobody asked: the environment has no NOTIFY_SOCKET.
  init?() {
    guard let socket = NotifySocket(Environment.value("NOTIFY_SOCKET")) else { return nil }
    self.socket = socket
  }

  fileprivate func ready(_ status: String) throws(Errno) { try socket.send("READY=1\nSTATUS=\(status)") }

  fileprivate func stopping() throws(Errno) { try socket.send("STOPPING=1\nSTATUS=saving") }

  /// The time tells systemd whether its signal is the one that is being followed: of CLOCK_MONOTONIC, as there.
  fileprivate mutating func reloading() throws(Errno) {
    isReloading = true
    awaitsLook = true
    try socket.send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic_ns / 1000)")
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
  func tellReady() {
    tellSupervisor { (supervisor) throws(Errno) in try supervisor.ready("serving on \(address)") }
  }

  func tellStopping() { tellSupervisor { (supervisor) throws(Errno) in try supervisor.stopping() } }

  func tellReloading() { tellSupervisor { (supervisor) throws(Errno) in try supervisor.reloading() } }

  /// Once the log is open anew and the files were looked at for edits.
  func tellReloaded() {
    if supervisor?.takeReloaded() == true { tellReady() }
  }

  private func tellSupervisor(_ tell: (inout Supervisor) throws(Errno) -> Void) {
    guard var supervisor else { return }
    do throws(Errno) {
      try tell(&supervisor)
    } catch {
      log("warning", text: "whoever supervises this server could not be told how far it is: \(error)")
    }
    self.supervisor = supervisor
  }
}
