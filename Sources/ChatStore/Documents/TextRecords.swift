/// The records of a file as text, in the order of the file: the rows of a CSV, the entries of a JSON list.
///
/// The file's bytes stay in one piece, changed text is in a second one, and a place of 16 bytes locates each record's text. So a
/// million rows cost little more than their bytes, and unchanged records are written back byte for byte.
struct TextRecords: Sendable {
  private struct Place {
    /// An offset into `read`, or beyond its end into `changed`; `removed` for a removed record.
    var start: Int
    var length: Int

    static let removed = -1
  }

  private var read: [UInt8]
  private var changed: [UInt8] = []
  private var places: [Place] = []
  /// Bytes without a place, and the number of removed records.
  private var unusedBytes = 0
  private var removedCount = 0

  /// `read`: the file. Its records are added with `append(range:)`.
  init(read: [UInt8]) { self.read = read }

  /// The number of records, removed ones included.
  var count: Int { places.count }

  mutating func reserveCapacity(_ count: Int) { places.reserveCapacity(count) }

  /// Adds a record of the file; returns its number.
  @discardableResult
  mutating func append(range: Range<Int>) -> Int {
    places.append(Place(start: range.lowerBound, length: range.count))
    return places.count - 1
  }

  /// Adds a record at the end.
  @discardableResult
  mutating func append(text: [UInt8]) -> Int {
    places.append(Place(start: read.count + changed.count, length: text.count))
    changed += text
    return places.count - 1
  }

  mutating func replace(_ record: Int, with text: [UInt8]) {
    unusedBytes += places[record].length
    places[record] = Place(start: read.count + changed.count, length: text.count)
    changed += text
  }

  mutating func remove(_ record: Int) {
    unusedBytes += places[record].length
    removedCount += 1
    places[record] = Place(start: Place.removed, length: 0)
  }

  func isRemoved(_ record: Int) -> Bool { places[record].start == Place.removed }

  /// Whether it has no text: it was removed, or is new.
  func isAbsent(_ record: Int) -> Bool { places[record].length == 0 }

  /// The length of a record whose text, a whole line, is at a position of other bytes too; nil where it is not.
  func length(of record: Int, standingAt position: Int, in bytes: Span<UInt8>) -> Int? {
    let place = places[record]
    let end = position + place.length
    guard end <= bytes.count else { return nil }
    let isRead = place.start < read.count
    let (own, start) = (isRead ? read.span : changed.span, isRead ? place.start : place.start - read.count)
    // From the end: successive rows begin alike.
    var offset = place.length
    while offset > 0 {
      offset -= 1
      if own[start + offset] != bytes[position + offset] { return nil }
    }
    switch own[start + place.length - 1] {
    case UInt8(ascii: "\n"): return place.length
    // A CR may have been the whole line end before and half of one now.
    case UInt8(ascii: "\r"): return end < bytes.count && bytes[end] == UInt8(ascii: "\n") ? nil : place.length
    default: return end == bytes.count ? place.length : nil
    }
  }

  func text(of record: Int) -> ArraySlice<UInt8> {
    let place = places[record]
    if place.start < read.count { return read[place.start..<place.start + place.length] }
    let start = place.start - read.count
    return changed[start..<start + place.length]
  }

  /// Passes the text of all records to `body`, in order; records that are adjacent in memory as one piece.
  func forEachPiece<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    var run = 0..<0
    for place in places where place.start != Place.removed && place.length > 0 {
      let isNext = place.start == run.upperBound && place.start != read.count
      if isNext {
        run = run.lowerBound..<run.upperBound + place.length
      } else {
        if !run.isEmpty { try body(piece(run)) }
        run = place.start..<place.start + place.length
      }
    }
    if !run.isEmpty { try body(piece(run)) }
  }

  private func piece(_ run: Range<Int>) -> ArraySlice<UInt8> {
    if run.lowerBound < read.count { return read[run] }
    return changed[run.lowerBound - read.count..<run.upperBound - read.count]
  }

  /// Whether more is unused than used, so that packing pays.
  var isWastefulToKeep: Bool {
    unusedBytes > 1 << 20 && unusedBytes > (read.count + changed.count) / 2
      || removedCount > 1024 && removedCount > places.count / 2
  }

  /// Drops unused text. Records get new numbers, in the same order: the result has the new number of each old one, -1 for a removed
  /// one.
  mutating func pack() -> [Int32] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(read.count + changed.count - unusedBytes)
    var newPlaces: [Place] = []
    newPlaces.reserveCapacity(places.count - removedCount)
    var numbers = [Int32](repeating: -1, count: places.count)
    for record in places.indices where !isRemoved(record) {
      numbers[record] = Int32(newPlaces.count)
      newPlaces.append(Place(start: bytes.count, length: places[record].length))
      bytes += text(of: record)
    }
    read = bytes
    changed = []
    places = newPlaces
    unusedBytes = 0
    removedCount = 0
    return numbers
  }
}
