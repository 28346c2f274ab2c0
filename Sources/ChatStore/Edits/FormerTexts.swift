/// What the rows that the server changed looked like before: as they stood in the file when it was last written, and as they
/// stood when anybody last read it.
///
/// A person's edit builds on what they read. A row that they left as it was then is no change of theirs, also where the server
/// has changed it and written the file while they typed.
struct FormerTexts: Sendable {
  /// nil: there was no such row.
  private var unwritten: [String: [UInt8]?] = [:]
  private var unread: [String: [UInt8]?] = [:]

  /// Whether `noteRead` is called for every reader. Where it is not, whatever is written counts as read.
  var knowsReaders = false

  /// A file that nobody ever looks into is not remembered for ever.
  static let unread_max = 10_000
  static let unreadBytes_max = 8 << 20
  private var unread_bytes = 0

  /// Keeps the row's text as it was before its first change.
  mutating func note(_ key: String, _ text: ArraySlice<UInt8>?) {
    if unwritten[key] == nil { unwritten.updateValue(text.map { Array($0) }, forKey: key) }
  }

  /// The file shows all changes now.
  mutating func noteWritten() {
    if knowsReaders {
      for (key, text) in unwritten where unread[key] == nil {
        unread.updateValue(text, forKey: key)
        unread_bytes += text?.count ?? 0
      }
      if unread.count > FormerTexts.unread_max || unread_bytes > FormerTexts.unreadBytes_max { noteRead() }
    }
    unwritten = [:]
  }

  /// Somebody has read the file as it stands.
  mutating func noteRead() {
    unread = [:]
    unread_bytes = 0
  }

  /// What a person may have in mind for this row; nil where that is what the document says.
  subscript(key: String) -> [UInt8]?? { unread[key] ?? unwritten[key] }

  var keys: Set<String> { Set(unwritten.keys).union(unread.keys) }
}
