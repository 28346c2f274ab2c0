package import ChatCore
import ChatProtocol
import POSIX

/// Finds the edits that people make in the files while the server runs, and hands each to the loop once it is whole and valid.
/// It belongs to the store's thread.
struct EditReader: Sendable {
  private var watch: FileWatcher
  private var settings: StoredSettings
  private var lastNumber: UInt64 = 0
  private var isAsked = false
  private var force = false
  private var askedBy: [ControlID] = []
  /// The errors that the loop knows of.
  private var reportedErrors: [FileError] = []
  private let clock: @Sendable () -> Timestamp
  private let report: @Sendable (EditScan) -> Void

  private static let retryNanoseconds: Int64 = 500_000_000

  /// `clock`: the time of day, for the names of files that are kept beside.
  init(
    _ folder: DataFolder, _ settings: StoredSettings, watch: FileWatcher? = nil,
    clock: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (EditScan) -> Void
  ) {
    self.watch = watch ?? FileWatcher(folder)
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
  func dueNanoseconds(_ documents: Documents) -> Int64? { documents.awaitsCore ? nil : watch.dueNanoseconds }

  /// Somebody wants to know now.
  mutating func ask(_ request: ControlID?, force: Bool) {
    isAsked = true
    self.force = self.force || force
    if let request { askedBy.append(request) }
  }

  /// What a look would find wrong now. It takes nothing over, and what was told stays so.
  func errors(in documents: Documents) -> [FileError] {
    var settings = settings
    _ = settings.look(hasEvidence: false)
    return documents.users.currentErrors + documents.rooms.currentErrors + (settings.rejected?.errors ?? [])
  }

  /// Takes what happened in the folder.
  mutating func takeEvents(_ documents: inout Documents, at nowNanoseconds: Int64) {
    let opened = watch.takeEvents(at: nowNanoseconds)
    documents.users.document.bases.didRead(opened.contains(.users))
    documents.rooms.document.bases.didRead(opened.contains(.rooms))
  }

  /// Looks at what is due, or at everything if somebody asked. One edit at a time: the next waits until the core has taken
  /// the last one over.
  mutating func look(_ documents: inout Documents, at nowNanoseconds: Int64) {
    guard !documents.awaitsCore else { return }
    if documents.users.hasUnreadEdit { watch.ensureLook(at: .users, by: nowNanoseconds + Self.retryNanoseconds) }
    if documents.rooms.hasUnreadEdit { watch.ensureLook(at: .rooms, by: nowNanoseconds + Self.retryNanoseconds) }
    let due = watch.takeDue(at: nowNanoseconds)
    guard isAsked || !due.isEmpty else { return }
    lastNumber += 1
    var look = EditScan(edit: Edit(number: lastNumber), newErrors: [], errors: [])
    if let hasEvidence = due[.users] ?? (isAsked ? false : nil) {
      let changes = take(.users, &documents.users, hasEvidence, &look.newErrors, at: nowNanoseconds)
      (look.edit.accounts, look.edit.accountRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.rooms] ?? (isAsked ? false : nil) {
      let changes = take(.rooms, &documents.rooms, hasEvidence, &look.newErrors, at: nowNanoseconds)
      (look.edit.rooms, look.edit.roomRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.settings] ?? (isAsked ? false : nil) {
      takeSettings(hasEvidence, &look, at: nowNanoseconds)
    }
    tell(look, documents)
  }

  /// For the last save: takes over, without a core, what is on its way or has not been noticed yet.
  mutating func settle(_ documents: inout Documents) -> [StoreNotice] {
    lastNumber += 1
    let nowNanoseconds = SystemClock.monotonic_ns
    let due = watch.takeDue(at: nowNanoseconds, isLast: true)
    var newErrors: [FileError] = []
    if documents.users.incoming == nil {
      _ = take(.users, &documents.users, due[.users] ?? false, &newErrors, at: nowNanoseconds)
    }
    if documents.rooms.incoming == nil {
      _ = take(.rooms, &documents.rooms, due[.rooms] ?? false, &newErrors, at: nowNanoseconds)
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
    _ file: FileWatcher.Watched, _ document: inout StoredDocument<Document>, _ hasEvidence: Bool,
    _ newErrors: inout [FileError], at nowNanoseconds: Int64
  ) -> (rows: [Edit.Change<Document.Row>], remarks: Edit.EditWarnings) {
    var remarks = Edit.EditWarnings()
    switch document.look(number: lastNumber, hasEvidence: hasEvidence, force: force, at: nowNanoseconds) {
    case .nothing: break
    case .unsettled: watch.schedule(file, at: nowNanoseconds + Self.retryNanoseconds, hasEvidence: hasEvidence)
    case .rejected(let isNew): if isNew { newErrors += document.rejected?.errors ?? [] }
    case .found(let changes, let kept, let warnings):
      remarks.warnings = warnings.prefix(Self.remarksMax).map(\.withoutSeverity)
      remarks.kept = Array(kept.prefix(Self.remarksMax))
      // Without a copy, because the disk is full or the like, the edit counts all the same.
      remarks.removed = try? document.saveRemovedRows(changes, at: clock())
      return (changes, remarks)
    }
    return ([], remarks)
  }

  /// The rest is not told.
  private static let remarksMax = 100

  private mutating func takeSettings(_ hasEvidence: Bool, _ look: inout EditScan, at nowNanoseconds: Int64) {
    switch settings.look(hasEvidence: hasEvidence) {
    case .nothing: break
    case .unsettled: watch.schedule(.settings, at: nowNanoseconds + Self.retryNanoseconds, hasEvidence: hasEvidence)
    case .rejected(let isNew): if isNew { look.newErrors += settings.rejected?.errors ?? [] }
    case .found(let change):
      look.edit.settings = change.settings
      look.edit.settingsForRestart = change.forRestart
    }
  }

  private mutating func tell(_ look: EditScan, _ documents: Documents) {
    var look = look
    look.errors = (documents.users.rejected?.errors ?? []) + (documents.rooms.rejected?.errors ?? [])
    look.errors += settings.rejected?.errors ?? []
    look.edit.faults = look.errors.map(\.description)
    look.edit.askedBy = askedBy
    look.wasAsked = isAsked
    let isNews = look.concernsCore || look.errors != reportedErrors || isAsked
    reportedErrors = look.errors
    isAsked = false
    force = false
    askedBy = []
    if isNews { report(look) }
  }
}

/// What a look for hand edits found, for the loop.
package struct EditScan: Sendable {
  /// What the core is to take over, and who asked.
  package var edit: Edit
  /// Faults that were not told before.
  package var newErrors: [FileError]
  /// All that stand in edits which are not taken over.
  package var errors: [FileError]
  /// Whether somebody had asked for the files to be looked at: this is what came of it, be it nothing.
  package var wasAsked = false

  /// Whether the core has anything to do.
  package var concernsCore: Bool {
    edit.changesRows || edit.keepsRows || edit.hasWarnings || edit.settings != nil || !edit.settingsForRestart.isEmpty
      || !edit.askedBy.isEmpty
  }
}
