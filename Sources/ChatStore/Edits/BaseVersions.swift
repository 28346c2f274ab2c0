/// The versions of a file that an editor may have started from, with the rows that the server changed since.
///
/// An edit is based on the version that the editor read: the current one, or one that was read by another program and replaced less
/// than `windowNanoseconds` ago. A row equal to one of these versions was not edited, and only a row that is in
/// all of them can have been removed by the edit.
struct BaseVersions: Sendable {
  /// How long after its replacement a version may be the base of an edit.
  static let windowNanoseconds: Int64 = 3_600_000_000_000

  private struct Version: Sendable {
    var number: Int
    /// The number of the last change in the journal that the version shows.
    var change: UInt64
    var replacedNanoseconds: Int64
  }

  /// A row's text in the versions behind the previous entry up to this one; nil where there was no such row.
  private struct RowVersion: Sendable {
    var text: [UInt8]?
    var upTo: Int
  }

  /// Versions that were read, oldest first. The last one stays until a later one was read.
  private var bases: [Version] = []
  /// Those of `bases` before this index were replaced too long ago.
  private var firstRecent = 0
  /// Versions that were replaced since the last call of `didRead`, and may have been read.
  private var maybeRead: [Version] = []
  /// The number of the version in the file.
  private var current = 0
  private(set) var currentChange: UInt64 = 0
  /// Whether the version in the file may have been read. At a start an editor may have read it before.
  private var isRead = true
  private var rowVersions: [String: [RowVersion]] = [:]
  private var rowVersionsBytes = 0

  /// Whether the system reports reads. Otherwise every version counts as read.
  var knowsReaders = false

  /// Beyond these bounds the oldest versions are dropped.
  static let rowsMax = 10_000
  static let bytesMax = 8 << 20

  // MARK: Changes of the file

  /// At a start after a crash, an editor may have an older version without these rows.
  mutating func begin(without keys: [String], at nowNanoseconds: Int64) {
    if keys.isEmpty { return }
    for key in keys { save(key, nil) }
    bases = [Version(number: current, change: 0, replacedNanoseconds: nowNanoseconds)]
    begin(change: 0, isRead: true)
  }

  /// Saves the row's text in the file, before the server changes the row.
  mutating func save(_ key: String, _ text: ArraySlice<UInt8>?) {
    if rowVersions[key]?.last?.upTo == current { return }
    rowVersions[key, default: []].append(RowVersion(text: text.map { Array($0) }, upTo: current))
    rowVersionsBytes += text?.count ?? 0
  }

  /// The server has written the file, which shows all changes up to this number in the journal.
  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) {
    let replaced = Version(number: current, change: currentChange, replacedNanoseconds: nowNanoseconds)
    if isRead { bases.append(replaced) } else { maybeRead.append(replaced) }
    begin(change: change, isRead: !knowsReaders)
    while !bases.isEmpty, rowVersions.count > Self.rowsMax || rowVersionsBytes > Self.bytesMax { dropFirst() }
    if rowVersions.count > Self.rowsMax || rowVersionsBytes > Self.bytesMax {
      isRead = true
      prune()
    }
  }

  /// An edited file is the current version. Edited rows have no other text.
  mutating func didEdit(_ changed: some Sequence<String>, at nowNanoseconds: Int64) {
    if isRead { bases.append(Version(number: current, change: currentChange, replacedNanoseconds: nowNanoseconds)) }
    begin(change: currentChange, isRead: true)
    for key in changed { forget(key) }
  }

  private mutating func begin(change: UInt64, isRead: Bool) {
    current += 1
    currentChange = change
    self.isRead = isRead
  }

  /// `isRead`: the file was read since the last call.
  mutating func didRead(_ isRead: Bool) {
    if isRead {
      self.isRead = true
      bases = (bases + maybeRead).sorted { $0.number < $1.number }
    }
    maybeRead = []
  }

  // MARK: Expiry

  /// Drops expired versions.
  mutating func expire(at nowNanoseconds: Int64) {
    while firstRecent < bases.count, bases[firstRecent].replacedNanoseconds <= nowNanoseconds - Self.windowNanoseconds {
      firstRecent += 1
    }
    while firstRecent > 0, bases.count > 1 || isRead { dropFirst() }
  }

  /// When the next version expires.
  var dueNanoseconds: Int64? {
    firstRecent < bases.count ? bases[firstRecent].replacedNanoseconds + Self.windowNanoseconds : nil
  }

  /// Every version that may be the base of an edit shows the changes up to this number in the journal; nil where that is the file
  /// alone, which shows them up to `currentChange`.
  var settledChange: UInt64? { firstRecent < bases.count ? bases[firstRecent].change : nil }

  private mutating func dropFirst() {
    bases.removeFirst()
    firstRecent = max(0, firstRecent - 1)
    prune()
  }

  private mutating func prune() {
    let oldest = bases.first?.number ?? maybeRead.first?.number ?? current
    for key in Array(rowVersions.keys) {
      guard let last = rowVersions[key]?.last, last.upTo < oldest else {
        while let first = rowVersions[key]?.first, first.upTo < oldest {
          rowVersionsBytes -= first.text?.count ?? 0
          rowVersions[key]!.removeFirst()
        }
        continue
      }
      forget(key)
    }
  }

  private mutating func forget(_ key: String) {
    for former in rowVersions.removeValue(forKey: key) ?? [] { rowVersionsBytes -= former.text?.count ?? 0 }
  }

  // MARK: Bases of an edit

  /// The keys of the rows that differ between versions.
  var keys: [String] { rowVersions.keys.sorted() }

  func contains(_ key: String) -> Bool { rowVersions[key] != nil }

  /// For a row that the server added: the first version with it, and its texts until now; nil for any other row.
  func addition(of key: String) -> (version: Int, texts: [[UInt8]])? {
    guard let all = rowVersions[key], let first = all.first, first.text == nil else { return nil }
    return (first.upTo + 1, all.compactMap(\.text))
  }

  /// The versions from this one on that an edit may be based on, in their order.
  func candidates(from first: Int) -> [Int] {
    let numbers = bases.lazy.map(\.number).filter { $0 >= first }
    return Array(numbers) + (isRead || numbers.isEmpty ? [current] : [])
  }

  /// The row's texts in these versions: newest first, each once.
  func texts(of key: String, in candidates: [Int]) -> [Text] {
    var texts: [Text] = []
    var end = Int.max
    func isCandidate(after start: Int) -> Bool {
      var (low, high) = (0, candidates.count)
      while low < high {
        let middle = (low + high) / 2
        if candidates[middle] > start { high = middle } else { low = middle + 1 }
      }
      return low < candidates.count && candidates[low] <= end
    }
    for former in (rowVersions[key] ?? []).reversed() {
      if isCandidate(after: former.upTo) { texts.append(text(of: key, upTo: end)) }
      end = former.upTo
    }
    if isCandidate(after: -1) { texts.append(text(of: key, upTo: end)) }
    return texts
  }

  /// A row's text in one of the versions.
  enum Text: Equatable, Sendable {
    /// As in the document.
    case present
    case former([UInt8])
    case absent
  }

  private func text(of key: String, upTo end: Int) -> Text {
    guard let former = rowVersions[key]?.first(where: { $0.upTo == end }) else { return .present }
    return former.text.map { .former($0) } ?? .absent
  }
}
