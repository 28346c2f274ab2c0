import ChatCore
import ChatProtocol
import ChatStore

// Edits of the files while the server runs, and new settings.
extension Server {
  /// The rest is in the log.
  private static let reportedFaults = 3

  /// A look at the files found something, or was asked for.
  func applyEdits(_ look: EditScan) {
    fileFaults = look.errors
    for fault in look.newErrors {
      let line = fault.line.map { [LogRecord.Field("line", "\($0)")] } ?? []
      log(RecentWarnings.faultEvent, [.init("file", fault.file)] + line, text: fault.description)
    }
    warnings.removeFaults(except: fileFaults.map(\.description))
    let reported = look.newErrors.prefix(Self.reportedFaults).map(\.description)
    for fault in reported { ServerProgram.warn("an edit is not applied: \(fault)") }
    if !reported.isEmpty { apply(.editRejected(reasons: reported)) }
    if look.wasAsked { lastRequestedEdit = look.edit.number }
    if look.concernsCore { apply(.edited(look.edit)) } else { markEditApplied(look.edit.number) }
  }

  /// The edit is in force. Looks come in the order of their numbers.
  func markEditApplied(_ number: UInt64) {
    guard let requested = lastRequestedEdit, number >= requested else { return }
    lastRequestedEdit = nil
    serviceManager?.filesAreReloaded()
  }

  /// One piece of an edit a turn, so that clients are served in between; none while output waits for the disk.
  func continueEdit() {
    guard continuesEdit, !isBackpressured else { return }
    continuesEdit = false
    apply(.editContinues)
  }

  /// How much work and how many connections an address may ask for: a burst of five seconds' work, and of a minute's connections.
  /// Where commands, or the sessions of an address, have no bound, these have none either: settings of version 1 that lift the
  /// bounds for one address, because all clients come from it, keep their meaning.
  static func addressRates(_ settings: Settings) -> (work: Rate, arrivals: Rate) {
    let boundsCommands = settings.commandsPerSecond > 0 && settings.commandsBurst > 0
    let work = boundsCommands ? settings.workPerSecond : 0
    return (
      Rate(perSecond: work, burst: 5 * work),
      Rate(perMinute: settings.sessionsPerAddress > 0 ? settings.connectionsPerMinute : 0)
    )
  }

  /// Settings that changed hold from now on; for open connections, from their next line.
  func apply(_ settings: Settings) {
    self.settings = settings
    rate = Rate(perSecond: settings.commandsPerSecond, burst: settings.commandsBurst)
    (workRate, arrivalRate) = Server.addressRates(settings)
    outboxes.backlogBytesMax = settings.outboxBytes
    outboxes.backlogsBytesMax = settings.outboxesBytes
    passwords.waitingMax = settings.pendingHashes
    history.scanBytesMax = settings.historyScanBytes
    for connection in connections.all { connection.framer.lineBytesMax = settings.lineBytes }
  }
}
