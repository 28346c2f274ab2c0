import POSIX

/// Notifies the service manager (systemd with `Type=notify` or `Type=notify-reload`) of the server's state; see sd_notify(3).
struct ServiceNotifier {
  /// A service manager that reads at all reads more than this; the oldest are dropped.
  private static let pendingMax = 16

  private let socket: NotifySocket
  /// What the service manager has not taken yet, oldest first.
  private var pending: [String] = []
  private var isReloading = false
  private var awaitsFiles = false

  /// nil without NOTIFY_SOCKET in the environment.
  init?() {
    guard let socket = NotifySocket(Environment.value("NOTIFY_SOCKET")) else { return nil }
    self.socket = socket
  }

  fileprivate mutating func ready(_ status: String) throws(Errno) { try notify("READY=1\nSTATUS=\(status)") }

  fileprivate mutating func stopping() throws(Errno) { try notify("STOPPING=1\nSTATUS=saving") }

  /// The time, of CLOCK_MONOTONIC, tells systemd that this answers its signal.
  fileprivate mutating func reloading() throws(Errno) {
    isReloading = true
    awaitsFiles = true
    try notify("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonicNanoseconds / 1000)")
  }

  var hasPending: Bool { !pending.isEmpty }

  private mutating func notify(_ assignments: String) throws(Errno) {
    if pending.count == ServiceNotifier.pendingMax { pending.removeFirst() }
    pending.append(assignments)
    try sendPending()
  }

  /// In order, as far as the socket takes them.
  fileprivate mutating func sendPending() throws(Errno) {
    while let next = pending.first {
      do throws(Errno) {
        try socket.send(next)
      } catch {
        if error == .wouldBlock { return }
        pending = []
        throw error
      }
      pending.removeFirst()
    }
  }

  mutating func filesAreReloaded() { awaitsFiles = false }

  /// True once for every reload, when it is complete.
  fileprivate mutating func takeReloaded() -> Bool {
    guard isReloading, !awaitsFiles else { return false }
    isReloading = false
    return true
  }
}

extension Server {
  func notifyReady() {
    notify { (manager) throws(Errno) in
      try manager.ready("serving on \(addresses.map(\.description).joined(separator: ", "))")
    }
  }

  func notifyStopping() { notify { (manager) throws(Errno) in try manager.stopping() } }

  func notifyReloading() { notify { (manager) throws(Errno) in try manager.reloading() } }

  /// Once the log is reopened and the files were read.
  func notifyReloaded() {
    if serviceManager?.takeReloaded() == true { notifyReady() }
  }

  /// About once a second.
  func retryNotifications() {
    if serviceManager?.hasPending == true { notify { (manager) throws(Errno) in try manager.sendPending() } }
  }

  private func notify(_ body: (inout ServiceNotifier) throws(Errno) -> Void) {
    guard var manager = serviceManager else { return }
    do throws(Errno) {
      try body(&manager)
    } catch {
      log("warning", text: "cannot notify the service manager: \(error)")
    }
    serviceManager = manager
  }
}

/// The signals that a server handles: SIGINT and SIGTERM end it, SIGHUP reopens the log and reloads edited files.
final class ServerSignals {
  private let descriptor: SignalDescriptor

  /// Before any other thread is made: each inherits that they are blocked.
  init() throws(Errno) { descriptor = try SignalDescriptor([.interrupt, .terminate, .hangup]) }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(descriptor.rawValue, token: PollerToken.signals.rawValue, interest: .readable)
  }

  func next() -> Signal? { try? descriptor.next() }
}
