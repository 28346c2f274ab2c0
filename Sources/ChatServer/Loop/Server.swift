import ChatCore
import ChatProtocol
package import ChatStore
import POSIX

/// The glue: one thread that owns the core, the store and every connection, and takes turns (see `Turn.swift`).
///
/// Slow work is done by helper threads, which answer through the inbox. It stays on the thread that made it.
package final class Server {
  var settings: Settings
  /// What it was started with, and what it would be started with if nobody had set anything.
  let options: (inForce: SettingsFile, standard: SettingsFile)
  var rate: CommandRate
  var workRate: CommandRate
  var arrivalRate: CommandRate
  /// Edits in the files that are not taken over.
  var fileFaults: [FileError] = []
  /// The core has more to do of an edit than a turn may take.
  var continuesEdit = false
  /// The number of the last look at the files that somebody asked for, until what it found is in force.
  var lastAskedEdit: UInt64?

  var core: Core
  let store: Store
  var clock = Clock()

  let poller: Poller
  let inbox: Inbox<ServerMessage>
  /// Hears of nothing that could add to what is held (see `Server+Releasing.swift`).
  let internalPoller: Poller
  let signals: ServerSignals?
  /// nil where nobody wants to hear how far the server is.
  var supervisor: Supervisor?
  /// nil once the server is to end.
  var listener: Listener?
  /// Where clients find it.
  let address: PeerAddress
  /// How many connections there may be at the same time, by the process's limit on descriptors.
  let connectionsMax: Int
  let started_us: Int64
  /// What the first lines of the log are to tell: the id of the first, and what the store found.
  let opening: (id: MessageID?, notices: [StoreNotice])

  var connections = ConnectionTable()
  var quotas = AddressQuotas()
  var outboxes: Outboxes
  var control: ControlListener
  var passwords: PasswordService
  var history: HistoryService
  var backups: BackupService
  var logs: LogService
  var transfers: TransferService
  let readBuffer = ReadBuffer()
  let timeouts: Timeouts
  var activity: Activity
  var warnings = RecentWarnings()

  /// The memory that lines take which were read and not decoded.
  var unreadBytes = 0

  // What a turn works through. Kept, so that no turn has to allocate them.
  var ready: [PollerEvent] = []
  /// Somebody waits to be let in.
  var hasArrivals = false
  var toDecode = DecodeQueue()
  /// `producedBytes` when the turn began.
  var producedBefore = 0
  /// What the turn has done of what clients asked, in microseconds, roughly.
  var turnWork = 0
  var effects: [Effect] = []
  /// Inputs that came up while effects were performed.
  var followUps: [Input] = []
  /// Turns whose output waits for their records, oldest first.
  var held: [HeldTurn] = []
  /// Connections that a transfer is to have.
  var handingOver: [Connection] = []
  /// Connections that are to go, in the order in which they are seen off.
  var departing: [Connection] = []
  /// Connections that may have said their last word.
  var closing: [Connection] = []
  /// More of them have than one turn closes.
  var hasMoreToClose = false

  /// Who was not let in at the door, for the log.
  var rejections = RejectedConnections()

  // What waits for time to pass.
  var throttled = DeadlineQueue<SessionID>()
  var loginDeadlines = DeadlineQueue<SessionID>()
  var closingDeadlines = DeadlineQueue<SessionID>()
  var nextTick_ms: Int64 = 0
  /// Somebody wants the log opened anew once the turn is committed.
  var reopensLog = false
  /// nil while records can be kept.
  var recordingError: RecordingError?
  /// The store's thread found that the disk works again, which is to be tried before a commit.
  var diskMayWork = false
  /// PasswordService typed into files for which the queue had no room.
  var storedSecrets: [StoredSecret] = []

  /// Who asked for the end, and is answered when everything is saved.
  var stopRequests: [ControlID] = []
  /// Set once the server is to end: by when at the latest, on the monotonic clock.
  var shutdownDeadline_ms: Int64?

  /// Takes the data folder, reads it, and listens. `disk` is another than the system's in tests, and `timeouts` a shorter one.
  package init(
    _ configuration: ServerConfiguration, disk: DiskCalls = .real, timeouts: Timeouts = Timeouts()
  ) throws(ServerError) {
    self.timeouts = timeouts
    activity = Activity(at: clock.monotonic_ms)
    let descriptorsMax: Int
    do throws(Errno) {
      signals = configuration.takesSignals ? try ServerSignals() : nil
      // The environment is the process's, as the signals are.
      supervisor = configuration.takesSignals ? Supervisor() : nil
      poller = try Poller()
      internalPoller = try Poller(events_max: 2)
      inbox = try Inbox()
      descriptorsMax = try CurrentProcess.raiseDescriptorLimit()
    } catch {
      throw .system("watch descriptors", error)
    }
    guard descriptorsMax >= Server.descriptorsMin else { throw .tooFewDescriptors(descriptorsMax) }
    connectionsMax = Server.connectionsMax(descriptors: descriptorsMax)
    // A folder that is missing has no settings.json to say where clients connect, and is not made where they cannot.
    let isMissing = (try? File.status(configuration.folder.path)) == nil
    let early = isMissing ? try Server.listen(as: configuration.inForce(over: SettingsFile())) : nil
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
    rate = CommandRate(perSecond: settings.commandsPerSecond, burst: settings.commandsBurst)
    (workRate, arrivalRate) = Server.addressRates(settings)
    outboxes = Outboxes(backlogBytesMax: settings.outboxBytes, backlogsBytesMax: settings.outboxesBytes)
    passwords = try PasswordService(waiting_max: settings.pendingHashes, inbox: inbox)
    history = try HistoryService(reader: store.history, inbox: inbox)
    backups = BackupService(inbox: inbox, timeout_ms: timeouts.backup_ms)
    logs = try LogService(history: store.history, keptBytesMax: timeouts.followedBytes, inbox: inbox)
    transfers = try TransferService(folder: store.files, inbox: inbox)
    let startID =
      loaded.nextID == 1 && loaded.isLogEmpty || loaded.nextID > .greatest ? nil : loaded.nextID
    core = Core(
      InitialState(
        settings: settings, accounts: loaded.accounts, rooms: loaded.rooms, users: loaded.users, mail: loaded.mail,
        restrictions: loaded.restrictions, files: loaded.files, nextID: startID.map { $0 + 1 } ?? loaded.nextID,
        clockSteps: loaded.clockSteps, clockStepMilliseconds: loaded.clockStepMilliseconds,
        decoyHash: passwords.decoyHash))
    started_us = clock.monotonic_us
    let listener = if let early { early } else { try Server.listen(as: inForce) }
    address = listener.address
    self.listener = listener
    do throws(SocketError) {
      control = try ControlListener(path: inForce.control!, timeouts: timeouts)
    } catch {
      throw .control(error)
    }
    opening = (startID, loaded.notices)
  }

  private static func listen(as settings: SettingsFile) throws(ServerError) -> Listener {
    do throws(SocketError) {
      return try Listener(host: settings.host!, port: UInt16(settings.port!))
    } catch {
      throw .listener(error)
    }
  }
}
