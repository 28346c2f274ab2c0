package import ChatCore
import ChatProtocol
import POSIX

/// The result of a scan for hand edits, for the loop.
package struct EditScan: Sendable {
  /// The edit for the core, and the requests that asked for the scan.
  package var edit: Edit
  /// Errors that were not reported before.
  package var newErrors: [FileError]
  /// The errors of all edits that are not applied.
  package var errors: [FileError]
  /// Whether the scan was requested, so that it is reported even without changes.
  package var wasAsked = false

  /// Whether the core has anything to do.
  package var concernsCore: Bool {
    edit.changesRows || edit.keepsRows || edit.hasWarnings || edit.settings != nil || edit.motd != nil
      || !edit.settingsForRestart.isEmpty || !edit.askedBy.isEmpty
  }
}

/// Finds hand edits of the files while the server runs, and passes each valid one to the loop. It belongs to the store's thread.
struct EditReader: Sendable {
  private var watcher: FileWatcher
  private var settings: StoredSettings
  private var motd: MessageOfTheDay
  private var lastNumber: UInt64 = 0
  private var isAsked = false
  private var force = false
  private var askedBy: [ControlID] = []
  /// The errors that the loop knows of.
  private var reportedErrors: [FileError] = []
  private let clock: @Sendable () -> Timestamp
  private let report: @Sendable (EditScan) -> Void

  private static let retryNanoseconds: Int64 = 500_000_000
  /// The most warnings and unchanged rows that are reported of an edit.
  private static let remarksMax = 100

  /// `clock`: the wall clock, for the names of copies.
  init(
    _ folder: DataFolder, _ settings: StoredSettings, _ motd: MessageOfTheDay, watch: FileWatcher? = nil,
    clock: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (EditScan) -> Void
  ) {
    watcher = watch ?? FileWatcher(folder)
    self.settings = settings
    self.motd = motd
    self.clock = clock
    self.report = report
  }

  /// A descriptor for the poller; nil where the system cannot watch.
  var rawValue: CInt? { watcher.watch?.rawValue }

  /// The last valid `settings.json`; nil where there is none.
  var settingsText: [UInt8]? { settings.text }

  /// The last valid `motd.txt`; nil where there is none.
  var motdText: [UInt8]? { motd.text }

  /// Another folder is in use now.
  mutating func watchAgain() { watcher.watchAgain() }

  /// Makes the documents track which versions other programs have read, if the system reports that.
  func prepare(_ documents: inout Documents) {
    guard let watch = watcher.watch else { return }
    documents.users.follow(with: watch)
    documents.rooms.follow(with: watch)
    documents.users.document.bases.knowsReaders = true
    documents.rooms.document.bases.knowsReaders = true
  }

  /// When the next scan is due; nil while there is nothing to scan, or the core has an edit.
  func dueNanoseconds(_ documents: Documents) -> Int64? { documents.awaitsCore ? nil : watcher.dueNanoseconds }

  /// Requests a scan.
  mutating func ask(_ request: ControlID?, force: Bool) {
    isAsked = true
    self.force = self.force || force
    if let request { askedBy.append(request) }
  }

  /// The errors that a scan would find now. Nothing is applied or reported.
  func errors(in documents: Documents) -> [FileError] {
    var settings = settings
    var motd = motd
    _ = settings.readEdit(hasEvidence: false)
    _ = motd.readEdit(hasEvidence: false)
    return documents.users.currentErrors + documents.rooms.currentErrors + (settings.rejected?.errors ?? [])
      + (motd.rejected?.errors ?? [])
  }

  /// Takes the events of the watcher.
  mutating func takeEvents(_ documents: inout Documents, at nowNanoseconds: Int64) {
    let opened = watcher.takeEvents(at: nowNanoseconds)
    documents.users.document.bases.didRead(opened.contains(.users))
    documents.rooms.document.bases.didRead(opened.contains(.rooms))
  }

  /// Reads the files that are due, or all of them on request. The next scan waits until the core has applied the edit.
  mutating func scan(_ documents: inout Documents, at nowNanoseconds: Int64) {
    guard !documents.awaitsCore else { return }
    if documents.users.hasUnreadEdit { watcher.ensureScan(of: .users, by: nowNanoseconds + Self.retryNanoseconds) }
    if documents.rooms.hasUnreadEdit { watcher.ensureScan(of: .rooms, by: nowNanoseconds + Self.retryNanoseconds) }
    let due = watcher.takeDue(at: nowNanoseconds)
    guard isAsked || !due.isEmpty else { return }
    lastNumber += 1
    var scan = EditScan(edit: Edit(number: lastNumber), newErrors: [], errors: [])
    if let hasEvidence = due[.users] ?? (isAsked ? false : nil) {
      let changes = read(.users, &documents.users, hasEvidence, &scan.newErrors, at: nowNanoseconds)
      (scan.edit.accounts, scan.edit.accountRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.rooms] ?? (isAsked ? false : nil) {
      let changes = read(.rooms, &documents.rooms, hasEvidence, &scan.newErrors, at: nowNanoseconds)
      (scan.edit.rooms, scan.edit.roomRemarks) = (Pieces(changes.rows), changes.remarks)
    }
    if let hasEvidence = due[.settings] ?? (isAsked ? false : nil) {
      readSettings(hasEvidence, &scan, at: nowNanoseconds)
    }
    if let hasEvidence = due[.motd] ?? (isAsked ? false : nil) { readMOTD(hasEvidence, &scan, at: nowNanoseconds) }
    finish(scan, documents)
  }

  /// For the last save: applies, without a core, an edit that the core has not finished, or that was not noticed yet.
  mutating func settle(_ documents: inout Documents) -> [StoreNotice] {
    lastNumber += 1
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    let due = watcher.takeDue(at: nowNanoseconds, isLast: true)
    return settle(.users, &documents.users, due[.users] ?? false, at: nowNanoseconds)
      + settle(.rooms, &documents.rooms, due[.rooms] ?? false, at: nowNanoseconds)
  }

  private mutating func settle<Document: EditedDocument>(
    _ file: FileWatcher.Watched, _ document: inout StoredDocument<Document>, _ hasEvidence: Bool,
    at nowNanoseconds: Int64
  ) -> [StoreNotice] {
    var errors: [FileError] = []
    if document.incoming == nil { _ = read(file, &document, hasEvidence, &errors, at: nowNanoseconds) }
    guard let edit = document.incoming else { return [] }
    document.endEditWithoutCore()
    return [.editedAtEnd(file: document.name, changes: edit.changes.count)]
  }

  private mutating func read<Document: EditedDocument>(
    _ file: FileWatcher.Watched, _ document: inout StoredDocument<Document>, _ hasEvidence: Bool,
    _ newErrors: inout [FileError], at nowNanoseconds: Int64
  ) -> (rows: [Edit.Change<Document.Row>], remarks: Edit.EditWarnings) {
    var remarks = Edit.EditWarnings()
    switch document.readEdit(number: lastNumber, hasEvidence: hasEvidence, force: force, at: nowNanoseconds) {
    case .unchanged: break
    case .unsettled:
      watcher.schedule(file, at: nowNanoseconds + Self.retryNanoseconds, hasEvidence: hasEvidence)
    case .rejected(let isNew): if isNew { newErrors += document.rejected?.errors ?? [] }
    case .found(let edit):
      remarks.warnings = edit.warnings.prefix(Self.remarksMax).map(\.withoutSeverity)
      remarks.kept = Array(edit.kept.prefix(Self.remarksMax))
      // The edit is applied even where the copy cannot be written.
      remarks.removed = try? document.saveRemovedRows(edit.changes, at: clock())
      return (edit.changes, remarks)
    }
    return ([], remarks)
  }

  private mutating func readSettings(_ hasEvidence: Bool, _ scan: inout EditScan, at nowNanoseconds: Int64) {
    switch settings.readEdit(hasEvidence: hasEvidence) {
    case .unchanged: break
    case .unsettled:
      watcher.schedule(.settings, at: nowNanoseconds + Self.retryNanoseconds, hasEvidence: hasEvidence)
    case .rejected(let isNew): if isNew { scan.newErrors += settings.rejected?.errors ?? [] }
    case .found(let change):
      scan.edit.settings = change.settings
      scan.edit.settingsForRestart = change.forRestart
    }
  }

  private mutating func readMOTD(_ hasEvidence: Bool, _ scan: inout EditScan, at nowNanoseconds: Int64) {
    switch motd.readEdit(hasEvidence: hasEvidence) {
    case .unchanged: break
    case .unsettled:
      watcher.schedule(.motd, at: nowNanoseconds + Self.retryNanoseconds, hasEvidence: hasEvidence)
    case .rejected(let isNew): if isNew { scan.newErrors += motd.rejected?.errors ?? [] }
    case .found(let lines): scan.edit.motd = lines
    }
  }

  private mutating func finish(_ scan: EditScan, _ documents: Documents) {
    var scan = scan
    scan.errors = (documents.users.rejected?.errors ?? []) + (documents.rooms.rejected?.errors ?? [])
    scan.errors += (settings.rejected?.errors ?? []) + (motd.rejected?.errors ?? [])
    scan.edit.faults = scan.errors.map(\.description)
    scan.edit.askedBy = askedBy
    scan.wasAsked = isAsked
    let isNews = scan.concernsCore || scan.errors != reportedErrors || isAsked
    reportedErrors = scan.errors
    isAsked = false
    force = false
    askedBy = []
    if isNews { report(scan) }
  }
}
