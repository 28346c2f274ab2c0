import ChatCore
import ChatProtocol
import ChatStore

// What people edit in the files while the server runs.
extension Server {
  /// A look at the files found something, or was asked for.
  func applyEdits(_ look: EditScan) {
    fileFaults = look.errors
    for fault in look.newErrors {
      let line = fault.line.map { [LogRecord.Field("line", "\($0)")] } ?? []
      log(RecentWarnings.faultEvent, [.init("file", fault.file)] + line, text: fault.description)
    }
    warnings.keepFaults(fileFaults.map(\.description))
    let told = look.newErrors.prefix(Self.faultsTold).map(\.description)
    for fault in told { ServerProgram.warn("an edit is not applied: \(fault)") }
    if !told.isEmpty { apply(.editRejected(reasons: told)) }
    if look.wasAsked { lastAskedEdit = look.edit.number }
    if look.concernsCore { apply(.edited(look.edit)) } else { noteEditApplied(look.edit.number) }
  }

  /// The log has the rest.
  private static let faultsTold = 3

  /// What was edited is in force. Looks come in the order of their numbers.
  func noteEditApplied(_ number: UInt64) {
    guard let asked = lastAskedEdit, number >= asked else { return }
    lastAskedEdit = nil
    supervisor?.filesAreLookedAt()
  }

  /// A piece of an edit a turn, so that others are heard between; none while everything waits for the disk.
  func continueEdit() {
    guard continuesEdit, !isBackpressured else { return }
    continuesEdit = false
    apply(.editContinues)
  }

  /// What an address may have the server do, five seconds of it at once, and how many connections it may make, a minute's at once.
  /// Where commands, or the sessions of an address, have no bound, these have none either: settings of version 1 that lift the
  /// bounds for one address, because everybody comes from it, keep their meaning.
  static func addressRates(_ settings: Settings) -> (work: CommandRate, arrivals: CommandRate) {
    let boundsCommands = settings.commandsPerSecond > 0 && settings.commandsBurst > 0
    let work = boundsCommands ? settings.workPerSecond : 0
    return (
      CommandRate(perSecond: work, burst: 5 * work),
      CommandRate(perMinute: settings.sessionsPerAddress > 0 ? settings.connectionsPerMinute : 0)
    )
  }

  /// Bounds that were changed hold from now on: for connections that are open, from their next line.
  func use(_ settings: Settings) {
    self.settings = settings
    rate = CommandRate(perSecond: settings.commandsPerSecond, burst: settings.commandsBurst)
    (workRate, arrivalRate) = Server.addressRates(settings)
    outboxes.backlogBytesMax = settings.outboxBytes
    outboxes.backlogsBytesMax = settings.outboxesBytes
    passwords.waiting_max = settings.pendingHashes
    for connection in connections.all { connection.framer.lineBytesMax = settings.lineBytes }
  }
}
