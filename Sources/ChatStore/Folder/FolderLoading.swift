import ChatCore
import ChatProtocol
import POSIX

/// Reads all files of a folder and collects every error. It changes nothing.
struct FolderLoading {
  let folder: DataFolder
  private(set) var settings = SettingsFile()
  private var settingsFile = DataFile("")
  private var settingsText: [UInt8]?
  private(set) var motd = MessageOfTheDay(DataFile(""))
  private(set) var users = StoredDocument(UsersDocument(), file: DataFile(""))
  private(set) var rooms = StoredDocument(RoomsDocument(), file: DataFile(""))
  private(set) var state = StoredDocument(StateDocument(), file: DataFile(""))
  private(set) var files = StoredDocument(FilesDocument(), file: DataFile(""))
  private(set) var content = FolderContent()
  private(set) var goneFiles: [MessageID] = []
  private var fileLines: [MessageID: Int] = [:]
  private(set) var journal = JournalContents()
  private var replayed: [Record] = []
  private var recentAccounts: [String] = []
  private var recentRooms: [String] = []
  private(set) var errors: [FileError] = []

  init(_ folder: DataFolder) { self.folder = folder }

  mutating func readAll() {
    do throws(Errno) {
      guard try File.status(folder.path).isDirectory else {
        addError(folder.path, line: nil, "this is not a folder; name the data folder with --data")
        return
      }
    } catch {
      addError(
        folder.path, line: nil,
        error == .noSuchFileOrDirectory
          ? "the folder does not exist; name the data folder with --data (a server creates it at its start)"
          : "the folder cannot be read: \(error)")
      return
    }
    checkKinds()
    readSettings()
    readMOTD()
    // With many accounts each half takes about the same time.
    let folder = folder
    let (users, others) = concurrently {
      var loading = FolderLoading(folder)
      loading.readUsers()
      return loading
    } and: {
      var loading = FolderLoading(folder)
      loading.readRooms()
      loading.readState()
      loading.readFiles()
      loading.readJournal()
      return loading
    }
    (self.users, rooms, state, files) = (users.users, others.rooms, others.state, others.files)
    (content, fileLines) = (others.content, others.fileLines)
    content.accounts = users.content.accounts
    journal = others.journal
    errors += users.errors + others.errors
  }

  /// Applies the journal; returns notices, the number of changes, and the lease.
  mutating func replay() -> (notices: [StoreNotice], changes: Int, lease: MessageID) {
    // Moved, so that the large tables have one owner and are not copied.
    var files = FolderContent()
    swap(&content, &files)
    let replay = JournalReplay(journal, files)
    content = replay.content
    goneFiles = replay.goneFiles
    replayed = replay.records
    recentAccounts = replay.recentAdditions(to: .users)
    recentRooms = replay.recentAdditions(to: .rooms)
    if let clock = replay.clock, clock.entry.steps.count > state.document.head.clock.steps.count {
      state.document.head.clock = clock.entry
      state.document.head.saved = clock.saved
    }
    return (replay.notices, replay.records.count, replay.lease)
  }

  /// Warnings, once the journal was replayed.
  var warnings: [FileError] {
    var warnings = users.document.warnings + rooms.document.warnings + state.document.warnings + files.document.warnings
    for room in content.rooms {
      let line = rooms.document.line(of: room.name)
      for (standing, name) in room.moderatorsWithout(content.accounts) {
        warnings.append(
          FileError(
            file: folder.rooms, line: line,
            problem: "\(name), \(standing) of \(room.name), has no account; add it to users.csv, or write another name",
            isWarning: true))
      }
    }
    return warnings
  }

  /// Warnings of shared files without content or entry, once the journal was replayed.
  var fileWarnings: [FileError] {
    FilesFolder(folder.fileBytes).mismatches(with: content.sortedFiles, gone: goneFiles).map { mismatch in
      let place = mismatch.id.map { (folder.files, fileLines[$0] ?? 1) } ?? (mismatch.path, 1)
      return FileError(file: place.0, line: place.1, problem: mismatch.problem, isWarning: true)
    }
  }

  /// Moves the documents out, so that they have one owner. A missing file is due at once. So is the state, because the file still
  /// says that the shutdown was clean.
  mutating func takeDocuments(at nowNanoseconds: Int64) -> Documents {
    var documents = Documents(users: users, rooms: rooms, state: state, files: files)
    let replayed = replayed
    documents.users.document.bases.begin(without: recentAccounts, at: nowNanoseconds)
    documents.rooms.document.bases.begin(without: recentRooms, at: nowNanoseconds)
    self = FolderLoading(folder)
    documents.apply(replayed, at: nowNanoseconds)
    if documents.users.file.known == nil { documents.users.markChanged(at: nowNanoseconds) }
    if documents.rooms.file.known == nil { documents.rooms.markChanged(at: nowNanoseconds) }
    documents.state.markChanged(at: nowNanoseconds)
    return documents
  }

  var storedSettings: StoredSettings { StoredSettings(settingsFile, settings, text: settingsText) }

  /// Checks files that only a starting server opens.
  private mutating func checkKinds() {
    for path in [folder.lock, folder.log, folder.privateLog] {
      guard let status = try? File.statusOfLink(path), !status.isRegular else { continue }
      addError(path, line: nil, "the file cannot be used: \(Errno.notRegularFile)")
    }
    if let status = try? File.statusOfLink(folder.fileBytes), !status.isDirectory {
      addError(folder.fileBytes, line: nil, "this must be a folder; move it away, and the server creates one")
    }
  }

  mutating func readSettings() {
    guard let (file, bytes) = read(folder.settings) else { return }
    settingsFile = file
    guard let bytes else { return }
    let (settings, errors) = SettingsFile.read(bytes, file: folder.settings)
    self.settings = settings
    settingsText = bytes
    self.errors += errors
  }

  private mutating func readMOTD() {
    if MessageOfTheDay.isTooLong(folder.motd) {
      errors.append(MessageOfTheDay.tooLong(folder.motd))
      return
    }
    guard let (file, bytes) = read(folder.motd, mayBeEmpty: true) else { return }
    let (lines, errors) = MessageOfTheDay.read(bytes ?? [], file: folder.motd)
    motd = MessageOfTheDay(file, lines, text: bytes)
    self.errors += errors
  }

  private mutating func readUsers() {
    guard let (file, bytes) = read(folder.users) else { return }
    users = StoredDocument(UsersDocument(), file: file)
    guard let bytes else { return }
    let (document, accounts, errors) = UsersReader.readAccounts(bytes, file: folder.users)
    users.document = document
    content.accounts = accounts
    self.errors += errors
  }

  private mutating func readRooms() {
    guard let (file, bytes) = read(folder.rooms) else { return }
    rooms = StoredDocument(RoomsDocument(), file: file)
    guard let bytes else { return }
    let (document, rooms, errors) = RoomsDocument.read(bytes, file: folder.rooms)
    self.rooms.document = document
    content.rooms = rooms
    self.errors += errors
  }

  private mutating func readState() {
    guard let (file, bytes) = read(folder.state) else { return }
    state = StoredDocument(StateDocument(), file: file)
    guard let bytes else { return }
    let (document, errors) = StateDocument.read(bytes, file: folder.state) { entry in
      content.users.set(entry.user)
      if !entry.mail.isEmpty { content.mail[entry.name] = entry.mail }
    }
    state.document = document
    content.restrictions = document.restrictions.all
    content.counts = document.counts
    content.pasts = document.head.pasts
    self.errors += errors
  }

  private mutating func readFiles() {
    guard let (file, bytes) = read(folder.files) else { return }
    files = StoredDocument(FilesDocument(), file: file)
    guard let bytes else { return }
    let (document, entries, errors) = FilesDocument.read(bytes, file: folder.files)
    files.document = document
    for entry in entries {
      content.files[entry.record.id] = entry.record
      fileLines[entry.record.id] = entry.line
    }
    self.errors += errors
  }

  private mutating func readJournal() {
    guard let (_, bytes) = read(folder.journal, mayBeEmpty: true), let bytes else { return }
    do throws(FileError) {
      journal = try JournalContents(bytes, file: folder.journal)
    } catch {
      errors.append(error)
    }
  }

  /// Reads a file. The bytes are nil where it is missing; the result is nil after an error.
  private mutating func read(_ path: String, mayBeEmpty: Bool = false) -> (DataFile, [UInt8]?)? {
    var file = DataFile(path)
    do throws(Errno) {
      let bytes = try file.read()
      if let bytes, bytes.isEmpty, !mayBeEmpty {
        // A crash or a full disk may have emptied it.
        addError(path, "the file is empty; restore it from a copy, or remove it to start without it")
        return nil
      }
      return (file, bytes)
    } catch {
      addError(path, "the file cannot be read: \(error)")
    }
    return nil
  }

  private mutating func addError(_ path: String, line: Int? = 1, _ problem: String) {
    errors.append(FileError(file: path, line: line, problem: problem))
  }
}
