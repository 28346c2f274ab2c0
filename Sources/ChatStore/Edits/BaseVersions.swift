/// The versions of a file that an editor may have started from, and what the rows that the server changed looked like in each.
///
/// An editor saves what it made of the version it read. Which version that was nobody tells: it is one that was read and was
/// replaced less than `windowNanoseconds` ago, or the one in the file. A row that the edit shows as it was in one of these is not a
/// change of the person's, and only a row that was in all of them can have been taken out by the person.
struct BaseVersions: Sendable {
  /// How long after its replacement an editor may still save what it made of a version.
  static let windowNanoseconds: Int64 = 3_600_000_000_000

  private struct Version: Sendable {
    var number: Int
    /// The number of the last change in the journal that the version shows.
    var change: UInt64
    var replacedNanoseconds: Int64
  }

  /// What a row said in the versions from the entry before it up to this one; nil: there was no such row.
  private struct RowVersion: Sendable {
    var text: [UInt8]?
    var upTo: Int
  }

  /// Versions that were read, the oldest first. The last of them stays for as long as no later one was read.
  private var bases: [Version] = []
  /// Those of `bases` before this index were replaced too long ago.
  private var firstRecent = 0
  /// Versions that were replaced since reads were last noted, so that one of those may have been theirs.
  private var unsure: [Version] = []
  /// The version in the file.
  private var current = 0
  private(set) var currentChange: UInt64 = 0
  /// Whether an editor may have read the version in the file. At a start one may be open that read it before.
  private var isRead = true
  private var rowVersions: [String: [RowVersion]] = [:]
  private var rowVersionsBytes = 0

  /// Whether `didRead` is called. Where it is not, every version counts as read.
  var knowsReaders = false

  /// More is not remembered: the oldest versions are forgotten first.
  static let rowsMax = 10_000
  static let bytesMax = 8 << 20

  // MARK: What happens to the file

  /// At a start after a crash: an editor may have a version from before that lacks these rows.
  mutating func begin(without keys: [String], at nowNanoseconds: Int64) {
    if keys.isEmpty { return }
    for key in keys { note(key, nil) }
    bases = [Version(number: current, change: 0, replacedNanoseconds: nowNanoseconds)]
    begin(change: 0, isRead: true)
  }

  /// Keeps the row's text in the file before the server first changes it there.
  mutating func note(_ key: String, _ text: ArraySlice<UInt8>?) {
    if rowVersions[key]?.last?.upTo == current { return }
    rowVersions[key, default: []].append(RowVersion(text: text.map { Array($0) }, upTo: current))
    rowVersionsBytes += text?.count ?? 0
  }

  /// The server has written the file; it shows all changes up to the one of that number in the journal.
  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) {
    let replaced = Version(number: current, change: currentChange, replacedNanoseconds: nowNanoseconds)
    if isRead { bases.append(replaced) } else { unsure.append(replaced) }
    begin(change: change, isRead: !knowsReaders)
    while !bases.isEmpty, rowVersions.count > Self.rowsMax || rowVersionsBytes > Self.bytesMax { dropFirst() }
    if rowVersions.count > Self.rowsMax || rowVersionsBytes > Self.bytesMax {
      isRead = true
      prune()
    }
  }

  /// A person's file is the one that counts now, and their editor has it. Rows that the person changed are theirs.
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

  /// What was read since the last time: the file, if `isRead`.
  mutating func didRead(_ isRead: Bool) {
    if isRead {
      self.isRead = true
      bases = (bases + unsure).sorted { $0.number < $1.number }
    }
    unsure = []
  }

  // MARK: Expiry

  /// Forgets what no editor can have any more.
  mutating func expire(at nowNanoseconds: Int64) {
    while firstRecent < bases.count, bases[firstRecent].replacedNanoseconds <= nowNanoseconds - Self.windowNanoseconds {
      firstRecent += 1
    }
    while firstRecent > 0, bases.count > 1 || isRead { dropFirst() }
  }

  /// When the next one expires.
  var dueNanoseconds: Int64? {
    firstRecent < bases.count ? bases[firstRecent].replacedNanoseconds + Self.windowNanoseconds : nil
  }

  /// The changes in the journal up to this number are in every version that an editor may still save; nil where that is the file
  /// alone, which shows them up to `currentChange`.
  var settledChange: UInt64? { firstRecent < bases.count ? bases[firstRecent].change : nil }

  private mutating func dropFirst() {
    bases.removeFirst()
    firstRecent = max(0, firstRecent - 1)
    prune()
  }

  private mutating func prune() {
    let oldest = bases.first?.number ?? unsure.first?.number ?? current
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

  // MARK: What an edit may have started from

  /// The keys of the rows that are not the same in all versions.
  var keys: [String] { rowVersions.keys.sorted() }

  func contains(_ key: String) -> Bool { rowVersions[key] != nil }

  /// The first version that has this row, and what it said until now, where the server added it; nil for any other row.
  func addition(of key: String) -> (version: Int, texts: [[UInt8]])? {
    guard let all = rowVersions[key], let first = all.first, first.text == nil else { return nil }
    return (first.upTo + 1, all.compactMap(\.text))
  }

  /// The versions from this one on that the edit may have been made of, in their order.
  func candidates(from first: Int) -> [Int] {
    let numbers = bases.lazy.map(\.number).filter { $0 >= first }
    return Array(numbers) + (isRead || numbers.isEmpty ? [current] : [])
  }

  /// What the row said in these versions: the newest first, each text once.
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
    /// As it is in the document now.
    case present
    case former([UInt8])
    case absent
  }

  private func text(of key: String, upTo end: Int) -> Text {
    guard let former = rowVersions[key]?.first(where: { $0.upTo == end }) else { return .present }
    return former.text.map { .former($0) } ?? .absent
  }
}
