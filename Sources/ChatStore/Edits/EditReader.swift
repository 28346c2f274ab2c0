import ChatCore
import ChatProtocol
import POSIX

/// Finds the edits that people make in the files while the server runs, and hands each to the loop once it is whole and valid.
/// It belongs to the store's thread.
struct EditReader: Sendable {
  private var watch: EditWatch
  private var settings: StoredSettings
  private var lastNumber: UInt64 = 0
  private var isAsked = false
  private var force = false
  private var askedBy: [ControlID] = []
  /// The faults that the loop knows of.
  private var toldFaults: [Fault] = []
  private let clock: @Sendable () -> Timestamp
  private let report: @Sendable (FolderLook) -> Void

  private static let retry_ns: Int64 = 500_000_000

  /// `clock`: the time of day, for the names of files that are kept beside.
  init(
    _ folder: DataFolder, _ settings: StoredSettings, watch: EditWatch? = nil,
    clock: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (FolderLook) -> Void
  ) {
    self.watch = watch ?? EditWatch(folder)
    self.settings = settings
    self.clock = clock
    self.report = report
  }

  /// To be registered as readable; nil where the system cannot watch.
  var rawValue: CInt? { watch.watch?.rawValue }

  /// `settings.json` as it was last read and understood; nil where there was none.
  var settingsText: [UInt8]? { settings.text }

  /// Another folder has the name now and is in use.
  mutating func watchAgain() { watch.watchAgain() }

  /// Has the documents remember which versions were read, as far as readers are noticed.
  func prepare(_ documents: inout Documents) {
    guard let watch = watch.watch else { return }
    documents.users.follow(with: watch)
    documents.rooms.follow(with: watch)
    documents.users.document.bases.knowsReaders = true
    documents.rooms.document.bases.knowsReaders = true
  }

  /// When the next look is due; nil while nothing happens, or an edit is on its way to the core.
  func due_ns(_ documents: Documents) -> Int64? { documents.awaitsCore ? nil : watch.due_ns }

  /// Somebody wants to know now.
  mutating func ask(_ request: ControlID?, force: Bool) {
    isAsked = true
    self.force = self.force || force
    if let request { askedBy.append(request) }
  }

  /// What a look would find wrong now. It takes nothing over, and what was told stays so.
  func faults(in documents: Documents) -> [Fault] {
    var settings = settings
    _ = settings.look(hasEvidence: false)
    return documents.users.faultsNow + documents.rooms.faultsNow + (settings.refused?.faults ?? [])
  }

  /// Takes what happened in the folder.
  mutating func takeEvents(_ documents: inout Documents, at now_ns: Int64) {
    let opened = watch.takeEvents(at: now_ns)
    documents.users.document.bases.noteReads(opened.contains(.users))
    documents.rooms.document.bases.noteReads(opened.contains(.rooms))
  }

  /// Looks at what is due, or at everything if somebody asked. One edit at a time: the next waits until the core has taken
  /// the last one over.
  mutating func look(_ documents: inout Documents, at now_ns: Int64) {
    guard !documents.awaitsCore else { return }
    if documents.users.hasMetEdit { watch.ensureLook(at: .users, by: now_ns + Self.retry_ns) }
    if documents.rooms.hasMetEdit { watch.ensureLook(at: .rooms, by: now_ns + Self.retry_ns) }
    let due = watch.takeDue(at: now_ns)
    guard isAsked || !due.isEmpty else { return }
    lastNumber += 1
    var look = FolderLook(edit: Edit(number: lastNumber), newFaults: [], faults: [])
    if let hasEvidence = due[.users] ?? (isAsked ? false : nil) {
      let changes = take(.users, &documents.users, hasEvidence, &look.newFaults, at: now_ns)
      (look.edit.accounts, look.edit.accountRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.rooms] ?? (isAsked ? false : nil) {
      let changes = take(.rooms, &documents.rooms, hasEvidence, &look.newFaults, at: now_ns)
      (look.edit.rooms, look.edit.roomRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.settings] ?? (isAsked ? false : nil) { takeSettings(hasEvidence, &look, at: now_ns) }
    tell(look, documents)
  }

  /// For the last save: takes over, without a core, what is on its way or has not been noticed yet.
  mutating func settle(_ documents: inout Documents) -> [StoreNotice] {
    lastNumber += 1
    let now_ns = SystemClock.monotonic_ns
    let due = watch.takeDue(at: now_ns, isLast: true)
    var newFaults: [Fault] = []
    if documents.users.incoming == nil {
      _ = take(.users, &documents.users, due[.users] ?? false, &newFaults, at: now_ns)
    }
    if documents.rooms.incoming == nil {
      _ = take(.rooms, &documents.rooms, due[.rooms] ?? false, &newFaults, at: now_ns)
    }
    var notices: [StoreNotice] = []
    if let edit = documents.users.incoming {
      notices.append(.editedAtEnd(file: documents.users.name, changes: edit.changes.count))
      documents.users.takeOver()
    }
    if let edit = documents.rooms.incoming {
      notices.append(.editedAtEnd(file: documents.rooms.name, changes: edit.changes.count))
      documents.rooms.takeOver()
    }
    return notices
  }

  private mutating func take<Document: EditedDocument>(
    _ file: EditWatch.Watched, _ document: inout StoredDocument<Document>, _ hasEvidence: Bool,
    _ newFaults: inout [Fault], at now_ns: Int64
  ) -> (rows: [Edit.Change<Document.Row>], remarks: Edit.EditWarnings) {
    var remarks = Edit.EditWarnings()
    switch document.look(number: lastNumber, hasEvidence: hasEvidence, force: force, at: now_ns) {
    case .nothing: break
    case .unsettled: watch.schedule(file, at: now_ns + Self.retry_ns, hasEvidence: hasEvidence)
    case .refused(let isNew): if isNew { newFaults += document.refused?.faults ?? [] }
    case .found(let changes, let kept, let warnings):
      remarks.warnings = warnings.prefix(Self.keptMax).map(\.withoutSeverity)
      remarks.kept = Array(kept.prefix(Self.keptMax))
      // Without a copy, because the disk is full or the like, the edit counts all the same.
      remarks.removed = try? document.keepRemoved(changes, at: clock())
      return (changes, remarks)
    }
    return ([], remarks)
  }

  /// The rest is not told.
  private static let keptMax = 100

  private mutating func takeSettings(_ hasEvidence: Bool, _ look: inout FolderLook, at now_ns: Int64) {
    switch settings.look(hasEvidence: hasEvidence) {
    case .nothing: break
    case .unsettled: watch.schedule(.settings, at: now_ns + Self.retry_ns, hasEvidence: hasEvidence)
    case .refused(let isNew): if isNew { look.newFaults += settings.refused?.faults ?? [] }
    case .found(let change):
      look.edit.settings = change.settings
      look.edit.settingsForRestart = change.forRestart
    }
  }

  private mutating func tell(_ look: FolderLook, _ documents: Documents) {
    var look = look
    look.faults = (documents.users.refused?.faults ?? []) + (documents.rooms.refused?.faults ?? [])
    look.faults += settings.refused?.faults ?? []
    look.edit.faults = look.faults.map(\.description)
    look.edit.askedBy = askedBy
    look.wasAsked = isAsked
    let isNews = look.concernsCore || look.faults != toldFaults || isAsked
    toldFaults = look.faults
    isAsked = false
    force = false
    askedBy = []
    if isNews { report(look) }
  }
}
