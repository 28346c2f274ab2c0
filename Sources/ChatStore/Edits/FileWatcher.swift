import POSIX

/// Notices when another program changes a file of the folder, and schedules a scan: once the program has closed the file, or has
/// not written for 500 ms.
///
/// Where inotify(7) is not available, because a user's limits are reached, it compares the files' statuses twice a second.
struct FileWatcher: Sendable {
  enum Watched: Int, CaseIterable, Sendable {
    case users, rooms, settings, motd
  }

  private struct Watching: Sendable {
    let path: String
    let name: String
    var number: CInt?
    /// When to scan; nil while nothing happens.
    var dueNanoseconds: Int64?
    /// Whether something was written to it, whatever its status says.
    var hasEvidence = false
    /// For comparing: the version at the last tick, and the one that was scheduled.
    var seen: DataFile.Identity?
    var scheduled: DataFile.Identity?
  }

  /// nil where statuses are compared.
  let watch: FolderWatch?
  private let folder: DataFolder
  private var folderNumber: CInt?
  private var files: [Watching]
  private var tickNanoseconds: Int64 = 0

  private static let stillnessNanoseconds: Int64 = 500_000_000
  private static let ofFolder: FolderWatch.EventKind = [.created, .movedTo, .gone]
  static let ofFile: FolderWatch.EventKind = [.modified, .closedByWriter, .opened]

  /// `asksSystem`: tests pass false, for a system that cannot watch.
  init(_ folder: DataFolder, asksSystem: Bool = true) {
    self.folder = folder
    let watch = asksSystem ? try? FolderWatch() : nil
    folderNumber = try? watch?.add(folder.path, FileWatcher.ofFolder)
    self.watch = folderNumber == nil ? nil : watch
    files = [folder.users, folder.rooms, folder.settings, folder.motd].map { path in
      // The first scan finds changes since the file was read at the start.
      Watching(path: path, name: File.name(of: path), dueNanoseconds: 0)
    }
    for file in Watched.allCases { follow(file) }
  }

  /// Watches the folder that is at the path now.
  mutating func watchAgain() {
    folderNumber = try? watch?.add(folder.path, FileWatcher.ofFolder)
    for file in Watched.allCases { follow(file) }
  }

  /// When the next scan is due, by the monotonic clock.
  var dueNanoseconds: Int64? {
    (files.map(\.dueNanoseconds) + [watch == nil ? tickNanoseconds : nil]).compactMap(\.self).min()
  }

  mutating func schedule(_ file: Watched, at dueNanoseconds: Int64, hasEvidence: Bool) {
    files[file.rawValue].dueNanoseconds = dueNanoseconds
    if hasEvidence { files[file.rawValue].hasEvidence = true }
  }

  /// Schedules a scan, unless one is scheduled already.
  mutating func ensureScan(of file: Watched, by dueNanoseconds: Int64) {
    if files[file.rawValue].dueNanoseconds == nil { files[file.rawValue].dueNanoseconds = dueNanoseconds }
  }

  /// The files to be scanned now, and whether something was certainly written to each. `isLast`: includes scans due later.
  mutating func takeDue(at nowNanoseconds: Int64, isLast: Bool = false) -> [Watched: Bool] {
    if watch == nil, tickNanoseconds <= nowNanoseconds { compare(at: nowNanoseconds) }
    var due: [Watched: Bool] = [:]
    for file in Watched.allCases {
      guard let dueNanoseconds = files[file.rawValue].dueNanoseconds, isLast || dueNanoseconds <= nowNanoseconds else {
        continue
      }
      due[file] = files[file.rawValue].hasEvidence
      files[file.rawValue].dueNanoseconds = nil
      files[file.rawValue].hasEvidence = false
    }
    return due
  }

  /// Takes the events; returns the files that were opened, also by this process.
  mutating func takeEvents(at nowNanoseconds: Int64) -> Set<Watched> {
    var read: Set<Watched> = []
    for event in watch?.takeAll() ?? [] {
      if event.happenings.contains(.overflow) {
        for file in Watched.allCases { schedule(file, at: nowNanoseconds, hasEvidence: true) }
        read = Set(Watched.allCases)
      } else if event.watch == folderNumber {
        guard let file = Watched.allCases.first(where: { files[$0.rawValue].name == event.name }) else { continue }
        follow(file)
        if !event.happenings.isDisjoint(with: .gone) {
          // The removed file may have blocked a write.
          schedule(file, at: nowNanoseconds, hasEvidence: false)
          continue
        }
        // A created file is written next; a renamed file is complete.
        schedule(
          file,
          at: event.happenings.contains(.movedTo) ? nowNanoseconds : nowNanoseconds + FileWatcher.stillnessNanoseconds,
          hasEvidence: false)
      } else if let file = Watched.allCases.first(where: { files[$0.rawValue].number == event.watch }) {
        if event.happenings.contains(.opened) { read.insert(file) }
        if event.happenings.contains(.closedByWriter) {
          schedule(file, at: nowNanoseconds, hasEvidence: true)
        } else if event.happenings.contains(.modified) {
          schedule(file, at: nowNanoseconds + FileWatcher.stillnessNanoseconds, hasEvidence: true)
        }
      }
    }
    return read
  }

  /// Watches the file that is at the path now.
  private mutating func follow(_ file: Watched) {
    guard let watch else { return }
    let old = files[file.rawValue].number
    let new = try? watch.add(files[file.rawValue].path, FileWatcher.ofFile)
    if let old, old != new { watch.remove(old) }
    files[file.rawValue].number = new
  }

  private mutating func compare(at nowNanoseconds: Int64) {
    tickNanoseconds = nowNanoseconds + FileWatcher.stillnessNanoseconds
    for index in files.indices {
      guard let status = try? File.statusOfLink(files[index].path) else {
        if files[index].seen != nil { files[index].dueNanoseconds = nowNanoseconds }
        (files[index].seen, files[index].scheduled) = (nil, nil)
        continue
      }
      let identity = DataFile.Identity(status)
      // Unchanged since the last tick, 500 ms ago, and not scheduled yet.
      if identity == files[index].seen, identity != files[index].scheduled {
        files[index].scheduled = identity
        files[index].dueNanoseconds = nowNanoseconds
      }
      files[index].seen = identity
    }
  }
}
