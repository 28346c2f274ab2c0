import ChatCore
import ChatProtocol
package import ChatStore
import POSIX

/// One thread that owns the core, the store and every connection, and takes turns (see `Turn.swift`).
///
/// Helper threads do slow work and answer through the inbox. A server stays on the thread that made it.
package final class Server {
  // Settings
  var settings: Settings
  /// What it was started with, and the defaults.
  let options: (inForce: SettingsFile, standard: SettingsFile)
  var rate: Rate
  var workRate: Rate
  var arrivalRate: Rate
  let timeouts: Timeouts

  // The core and the data folder
  var core: Core
  let store: Store
  var clock = Clock()
  let started: Instant
  /// For the first lines of the log: the first id, and what the store found.
  let opening: (id: MessageID?, notices: [StoreNotice])
  /// Faults in edited files.
  var fileFaults: [FileError] = []
  /// An edit continues in the next turn.
  var continuesEdit = false
  /// The number of the last look at the files that was requested, until what it found is in force.
  var lastRequestedEdit: UInt64?
  /// The log is to be reopened once the turn is committed.
  var reopensLog = false
  /// nil while records can be stored.
  var recordingError: RecordingError?
  /// The store's thread found that the disk works again, which is tried before a commit.
  var diskMayWork = false
  /// Turns whose output waits for their records, oldest first.
  var held: [HeldTurn] = []

  // The system
  let poller: Poller
  let inbox: Inbox<ServerMessage>
  /// Reports only the inbox and signals: what cannot add to the held output (see `isBackpressured`).
  let internalPoller: Poller
  let signals: ServerSignals?
  var serviceManager: ServiceNotifier?

  // Clients
  /// In the order of their definitions; none once the server stops.
  var listeners: [Listener]
  /// Of its listeners, the port as bound.
  let addresses: [PeerAddress]
  /// How many connections the process's limit on descriptors allows.
  let connectionsMax: Int
  var connections = ConnectionTable()
  var openings = OpeningTable()
  var quotas = AddressQuotas()
  var outboxes: Outboxes
  let readBuffer = ReadBuffer()
  /// The memory of lines that were read and not decoded.
  var unreadBytes = 0
  var rejections = Rejections()
  var control: ControlListener

  // Helper threads
  var certificates: CertificateService
  var passwords: PasswordService
  var history: HistoryService
  var backups: BackupService
  var logs: LogService
  var transfers: TransferService
  /// Passwords typed into files for which the queue had no room.
  var storedSecrets: [StoredSecret] = []

  // For the operator
  var activity: Activity
  var warnings = RecentWarnings()

  // What a turn works through. Reused, so that no turn allocates them.
  var ready: [PollerEvent] = []
  var toDecode = DecodeQueue()
  /// `producedBytes` when the turn began.
  var producedBefore = 0
  /// What the turn has done for clients, in microseconds, roughly.
  var turnWork = 0
  var effects: [Effect] = []
  /// Inputs that came up while effects were performed.
  var followUps: [Input] = []
  /// Connections that wait to be handed to a transfer.
  var handingOver: [Connection] = []
  /// Connections that are to be closed, in order.
  var departing: [Connection] = []
  /// Connections that may have sent their last output.
  var closing: [Connection] = []
  /// More of them than one turn closes.
  var hasMoreToClose = false

  // Deadlines
  var throttled = DeadlineQueue<SessionID>()
  var loginDeadlines = DeadlineQueue<SessionID>()
  var closingDeadlines = DeadlineQueue<SessionID>()
  var nextTick = Instant.distantPast

  // The end
  /// `stop` requests, which are answered once everything is saved.
  var stopRequests: [ControlID] = []
  /// Set once the server stops: when it stops waiting for output to leave.
  var shutdownDeadline: Instant?

  /// Opens the data folder, reads it, and listens. Tests pass another `disk`, shorter `timeouts` and further `listeners`.
  package convenience init(
    _ configuration: ServerConfiguration, disk: DiskCalls = .real, timeouts: Timeouts = Timeouts()
  ) throws(ServerError) {
    try self.init(configuration, disk: disk, timeouts: timeouts, listeners: ListenerDefinition.all)
  }

  init(
    _ configuration: ServerConfiguration, disk: DiskCalls, timeouts: Timeouts,
    listeners definitions: [ListenerDefinition]
  ) throws(ServerError) {
    self.timeouts = timeouts
    activity = Activity(at: clock.instant)
    let descriptorsMax: Int
    do throws(Errno) {
      signals = configuration.takesSignals ? try ServerSignals() : nil
      // The environment is the process's, as the signals are.
      serviceManager = configuration.takesSignals ? ServiceNotifier() : nil
      poller = try Poller()
      internalPoller = try Poller(eventsMax: 2)
      inbox = try Inbox()
      descriptorsMax = try CurrentProcess.raiseDescriptorLimit()
    } catch {
      throw .system("watch descriptors", error)
    }
    guard descriptorsMax >= Server.descriptorsMin else { throw .tooFewDescriptors(descriptorsMax) }
    connectionsMax = Server.connectionsMax(descriptors: descriptorsMax)
    // A missing folder has no settings.json that says where to listen, and is not created when that fails.
    let isMissing = (try? File.status(configuration.folder.path)) == nil
    let early = isMissing ? try Server.listen(definitions, configuration.inForce(over: SettingsFile())) : nil
    let loaded: LoadedData
    do throws(StoreError) {
      (store, loaded) = try Store.open(
        configuration.folder, policy: configuration.fsync, disk: disk, report: { [inbox] in inbox.post(.notice($0)) },
        edited: { [inbox] in inbox.post(.scanned($0)) }, wake: { [inbox] in inbox.post(.storeAnswered) })
    } catch {
      throw .store(error)
    }
    let inForce = configuration.inForce(over: loaded.settings)
    settings = inForce.settings
    options = (inForce, ServerConfiguration(data: configuration.data).inForce(over: SettingsFile()))
    rate = Rate(perSecond: settings.commandsPerSecond, burst: settings.commandsBurst)
    (workRate, arrivalRate) = Server.addressRates(settings)
    outboxes = Outboxes(backlogBytesMax: settings.outboxBytes, backlogsBytesMax: settings.outboxesBytes)
    passwords = try PasswordService(waitingMax: settings.pendingHashes)
    history = try HistoryService(
      reader: store.history, privateReader: store.privateHistory, scanBytesMax: settings.historyScanBytes)
    backups = BackupService(inbox: inbox, timeout: timeouts.backup)
    logs = try LogService(history: store.history, retainedBytesMax: timeouts.followedBytes, inbox: inbox)
    transfers = try TransferService(folder: store.files)
    let startID =
      loaded.nextID == 1 && loaded.isLogEmpty || loaded.nextID > .greatest ? nil : loaded.nextID
    core = Core(
      InitialState(
        settings: settings, motd: loaded.motd, accounts: loaded.accounts, rooms: loaded.rooms, users: loaded.users,
        mail: loaded.mail, restrictions: loaded.restrictions, files: loaded.files, pasts: loaded.pasts,
        nextID: startID.map { $0 + 1 } ?? loaded.nextID, counts: loaded.counts, recent: loaded.recent,
        clockSteps: loaded.clockSteps, clockStepMilliseconds: loaded.clockStepMilliseconds,
        decoyHash: passwords.decoyHash))
    started = clock.instant
    listeners = if let early { early } else { try Server.listen(definitions, inForce) }
    addresses = listeners.map(\.address)
    certificates = try CertificateService(
      CertificateFiles(inForce, configuration.folder, isBeyondLoopback: addresses.contains { !$0.isLoopback }),
      allowsPlaintext: settings.allowsPlaintext, inbox)
    do throws(SocketError) {
      control = try ControlListener(path: inForce.control!, timeouts: timeouts)
    } catch {
      throw .control(error)
    }
    opening = (startID, loaded.notices)
  }

  private static func listen(
    _ definitions: [ListenerDefinition], _ settings: SettingsFile
  ) throws(ServerError) -> [Listener] {
    var listeners: [Listener] = []
    do throws(SocketError) {
      for definition in definitions {
        if let listener = try Listener(definition, index: listeners.count, settings) { listeners.append(listener) }
      }
    } catch {
      throw .listener(error)
    }
    return listeners
  }

  /// Of the first listener, the one that `--host` and `--port` name.
  var address: PeerAddress { addresses[0] }
  var isBeyondLoopback: Bool { addresses.contains { !$0.isLoopback } }
}
