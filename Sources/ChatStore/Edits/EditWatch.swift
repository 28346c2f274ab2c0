import POSIX

/// Notices that somebody edits a file of the folder, and tells when it is worth a look: once whoever writes has closed it,
/// or it has been still for 500 ms.
///
/// Where the system cannot watch (inotify(7) has limits a user may reach) the files' statuses are compared twice a second.
struct EditWatch: Sendable {
  enum Watched: Int, CaseIterable, Sendable {
    case users, rooms, settings
  }

  private struct Watching: Sendable {
    let path: String
    let name: String
    var number: CInt?
    /// When to look; nil while nothing happens.
    var due_ns: Int64?
    /// Somebody wrote to it, whatever its status says.
    var hasEvidence = false
    /// For comparing: how it stood at the last tick, and what was told of already.
    var seen: DataFile.Identity?
    var told: DataFile.Identity?
  }

  /// nil where statuses are compared.
  let watch: FolderWatch?
  private let folder: DataFolder
  private var folderNumber: CInt?
  private var files: [Watching]
  private var tick_ns: Int64 = 0

  private static let stillness_ns: Int64 = 500_000_000
  private static let ofFolder: FolderWatch.Happening = [.created, .movedTo, .gone]
  static let ofFile: FolderWatch.Happening = [.modified, .closedByWriter, .opened]

  /// `asksSystem`: false for what happens where the system cannot watch.
  init(_ folder: DataFolder, asksSystem: Bool = true) {
    self.folder = folder
    let watch = asksSystem ? try? FolderWatch() : nil
    folderNumber = try? watch?.add(folder.path, EditWatch.ofFolder)
    self.watch = folderNumber == nil ? nil : watch
    files = [folder.users, folder.rooms, folder.settings].map { path in
      // What was changed between its reading and this is found by one look.
      Watching(path: path, name: String(path.split(separator: "/").last ?? ""), due_ns: 0)
    }
    for file in Watched.allCases { follow(file) }
  }

  /// Watches the folder that has the name now: another than before.
  mutating func watchAgain() {
    folderNumber = try? watch?.add(folder.path, EditWatch.ofFolder)
    for file in Watched.allCases { follow(file) }
  }

  /// When the next look is due, by the monotonic clock.
  var due_ns: Int64? {
    (files.map(\.due_ns) + [watch == nil ? tick_ns : nil]).compactMap(\.self).min()
  }

  mutating func schedule(_ file: Watched, at due_ns: Int64, hasEvidence: Bool) {
    files[file.rawValue].due_ns = due_ns
    if hasEvidence { files[file.rawValue].hasEvidence = true }
  }

  /// A look that is due already comes when it is due.
  mutating func ensureLook(at file: Watched, by due_ns: Int64) {
    if files[file.rawValue].due_ns == nil { files[file.rawValue].due_ns = due_ns }
  }

  /// Those to be looked at now, and whether something was certainly written to each. `isLast`: whatever is due later is due now.
  mutating func takeDue(at now_ns: Int64, isLast: Bool = false) -> [Watched: Bool] {
    if watch == nil, tick_ns <= now_ns { compare(at: now_ns) }
    var due: [Watched: Bool] = [:]
    for file in Watched.allCases {
      guard let due_ns = files[file.rawValue].due_ns, isLast || due_ns <= now_ns else { continue }
      due[file] = files[file.rawValue].hasEvidence
      files[file.rawValue].due_ns = nil
      files[file.rawValue].hasEvidence = false
    }
    return due
  }

  /// Takes what happened; those that somebody opened, this process included.
  mutating func takeEvents(at now_ns: Int64) -> Set<Watched> {
    var read: Set<Watched> = []
    for event in watch?.takeAll() ?? [] {
      if event.happenings.contains(.overflow) {
        for file in Watched.allCases { schedule(file, at: now_ns, hasEvidence: true) }
        read = Set(Watched.allCases)
      } else if event.watch == folderNumber {
        guard let file = Watched.allCases.first(where: { files[$0.rawValue].name == event.name }) else { continue }
        follow(file)
        if !event.happenings.isDisjoint(with: .gone) {
          // What was there may have kept the server from writing the file.
          schedule(file, at: now_ns, hasEvidence: false)
          continue
        }
        // A name that was made is written to next; one that was given to a file is whole.
        schedule(
          file, at: event.happenings.contains(.movedTo) ? now_ns : now_ns + EditWatch.stillness_ns, hasEvidence: false)
      } else if let file = Watched.allCases.first(where: { files[$0.rawValue].number == event.watch }) {
        if event.happenings.contains(.opened) { read.insert(file) }
        if event.happenings.contains(.closedByWriter) {
          schedule(file, at: now_ns, hasEvidence: true)
        } else if event.happenings.contains(.modified) {
          schedule(file, at: now_ns + EditWatch.stillness_ns, hasEvidence: true)
        }
      }
    }
    return read
  }

  /// Watches the file that has the name now.
  private mutating func follow(_ file: Watched) {
    guard let watch else { return }
    let old = files[file.rawValue].number
    let new = try? watch.add(files[file.rawValue].path, EditWatch.ofFile)
    if let old, old != new { watch.remove(old) }
    files[file.rawValue].number = new
  }

  private mutating func compare(at now_ns: Int64) {
    tick_ns = now_ns + EditWatch.stillness_ns
    for index in files.indices {
      guard let status = try? File.statusOfLink(files[index].path) else {
        if files[index].seen != nil { files[index].due_ns = now_ns }
        (files[index].seen, files[index].told) = (nil, nil)
        continue
      }
      let identity = DataFile.Identity(status)
      // Still since the tick before, which was 500 ms ago, and not told of yet.
      if identity == files[index].seen, identity != files[index].told {
        files[index].told = identity
        files[index].due_ns = now_ns
      }
      files[index].seen = identity
    }
  }
}
