package import ChatProtocol

/// A row that a `PackedTable` keeps as bytes.
package protocol PackedRow: Equatable, Sendable {
  /// The key; unique in a table.
  var name: Name { get }
  /// Appends everything but the name.
  func pack(into bytes: inout [UInt8])
  /// Reads what `pack` appended.
  init(name: Name, unpacking reader: inout PackedReader, in bytes: Span<UInt8>)
}

/// Rows found by name, a million of them in little more memory than their texts. Strings, arrays and a dictionary would
/// take four times as much memory, and as much more time at the start.
///
/// Rows are kept as bytes, sixteen to a page. Each page is a small array of its own, so that a change copies no more
/// than that.
package struct PackedTable<Row: PackedRow>: Sendable {
  /// Full pages. A row is its length and as many bytes, which begin with the name.
  private var pages: [[UInt8]] = []
  /// The last page as long as it is not full.
  private var open: [UInt8] = []
  private var index = SlotIndex()
  package private(set) var count = 0

  private static var rowsPerPage: Int { 16 }

  package init() {}

  package mutating func reserveCapacity(_ count: Int) {
    pages.reserveCapacity(count / Self.rowsPerPage)
    index.reserveCapacity(count)
  }

  package subscript(name: Name) -> Row? { slot(of: name).map { self[$0] } }

  /// The slot of that name, until a row is removed.
  func slot(of name: Name) -> Int32? {
    let hash = name.hashValue
    return index.slot(hash) { self.name(at: $0) == name }
  }

  /// The row at a slot from 0 to below `count`.
  subscript(slot: Int32) -> Row {
    let page = page(of: slot)
    return Self.row(at: Self.offset(of: slot, in: page.span), in: page.span)
  }

  private func name(at slot: Int32) -> Name {
    let page = page(of: slot)
    var reader = PackedReader(position: Self.offset(of: slot, in: page.span))
    _ = reader.count(in: page.span)
    return reader.name(in: page.span)
  }

  /// Adds a row whose name is not in the table, and returns its slot.
  @discardableResult
  package mutating func add(_ row: Row) -> Int32 {
    let slot = Int32(count)
    index.insert(slot, row.name.hashValue)
    count += 1
    Self.append(row, to: &open)
    if count % Self.rowsPerPage == 0 {
      // A copy of just the size: what grew has room for more.
      var page: [UInt8] = []
      page.reserveCapacity(open.count)
      page += open
      pages.append(page)
      open.removeAll(keepingCapacity: true)
    }
    return slot
  }

  /// Replaces the row in a slot by one of the same name.
  mutating func replace(_ slot: Int32, with row: Row) {
    let page = page(of: slot)
    let start = Self.offset(of: slot, in: page.span)
    var packed: [UInt8] = []
    Self.append(row, to: &packed)
    let end = Self.end(of: start, in: page.span)
    var new: [UInt8] = []
    new.reserveCapacity(page.count - (end - start) + packed.count)
    new += page[..<start]
    new += packed
    new += page[end...]
    if Int(slot) / Self.rowsPerPage < pages.count {
      pages[Int(slot) / Self.rowsPerPage] = new
    } else {
      open = new
    }
  }

  /// Adds a row, or replaces the one of that name.
  package mutating func set(_ row: Row) {
    if let slot = slot(of: row.name) { replace(slot, with: row) } else { add(row) }
  }

  /// Removes the row of that name, if there is one.
  package mutating func remove(_ name: Name) {
    if let slot = slot(of: name) { remove(slot) }
  }

  /// Removes a row; the last one moves to its slot.
  mutating func remove(_ slot: Int32) {
    let last = Int32(count - 1)
    index.remove(slot, name(at: slot).hashValue)
    let moved = self[last]
    removeLast()
    if slot == last { return }
    index.move(last, to: slot, moved.name.hashValue)
    replace(slot, with: moved)
  }

  private mutating func removeLast() {
    if open.isEmpty { open = pages.removeLast() }
    count -= 1
    open.removeSubrange(Self.offset(of: Int32(count), in: open.span)...)
  }

  /// The rows that `isWanted` selects by their bytes after the name, in the order of their slots.
  func filter(_ isWanted: (inout PackedReader, Span<UInt8>) -> Bool) -> [Row] {
    var wanted: [Row] = []
    for number in 0...pages.count {
      let page = number < pages.count ? pages[number] : open
      var offset = 0
      while offset < page.count {
        var reader = PackedReader(position: offset)
        let end = reader.count(in: page.span) + reader.position
        reader.skipText(in: page.span)
        if isWanted(&reader, page.span) { wanted.append(Self.row(at: offset, in: page.span)) }
        offset = end
      }
    }
    return wanted
  }

  // MARK: Pages

  private func page(of slot: Int32) -> [UInt8] {
    let page = Int(slot) / Self.rowsPerPage
    return page < pages.count ? pages[page] : open
  }

  private static func offset(of slot: Int32, in page: Span<UInt8>) -> Int {
    var offset = 0
    for _ in 0..<Int(slot) % rowsPerPage { offset = end(of: offset, in: page) }
    return offset
  }

  private static func end(of offset: Int, in page: Span<UInt8>) -> Int {
    var reader = PackedReader(position: offset)
    let length = reader.count(in: page)
    return reader.position + length
  }

  private static func append(_ row: Row, to page: inout [UInt8]) {
    let start = page.count
    page.append(packed: row.name.text)
    row.pack(into: &page)
    // Nearly every length is below 128 or below 16384; it is known only now.
    var length: [UInt8] = []
    length.append(packed: page.count - start)
    page.insert(contentsOf: length, at: start)
  }

  private static func row(at offset: Int, in page: Span<UInt8>) -> Row {
    var reader = PackedReader(position: offset)
    _ = reader.count(in: page)
    let name = reader.name(in: page)
    return Row(name: name, unpacking: &reader, in: page)
  }
}

extension PackedTable: Sequence {
  package struct Iterator: IteratorProtocol {
    fileprivate let table: PackedTable
    fileprivate var slot: Int32 = 0
    /// Where the next row begins in its page.
    fileprivate var offset = 0

    package mutating func next() -> Row? {
      guard Int(slot) < table.count else { return nil }
      if Int(slot) % PackedTable.rowsPerPage == 0 { offset = 0 }
      let page = table.page(of: slot)
      let row = PackedTable.row(at: offset, in: page.span)
      offset = PackedTable.end(of: offset, in: page.span)
      slot += 1
      return row
    }
  }

  /// In the order of their slots.
  package func makeIterator() -> Iterator { Iterator(table: self) }

  package var underestimatedCount: Int { count }
}

extension PackedTable: Equatable, ExpressibleByArrayLiteral {
  /// The same rows in the same order.
  package static func == (left: PackedTable, right: PackedTable) -> Bool { left.elementsEqual(right) }

  package init(_ rows: some Sequence<Row>) {
    for row in rows { set(row) }
  }

  package init(arrayLiteral rows: Row...) { self.init(rows) }
}

// The encoding of the rows of a `PackedTable`. Only this process reads and writes it.
extension [UInt8] {
  /// Seven bits per byte, the lowest first; the eighth bit means that more follow.
  package mutating func append(packed count: Int) {
    var rest = count
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  package mutating func append(packed text: String) {
    append(packed: text.utf8.count)
    append(contentsOf: text.utf8)
  }

  package mutating func append(packed time: Timestamp) {
    for shift in stride(from: Int64(0), to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: time.milliseconds >> shift))
    }
  }
}

/// Reads the values that the methods above write, in the same order.
package struct PackedReader {
  var position: Int

  package mutating func byte(in bytes: Span<UInt8>) -> UInt8 {
    defer { position += 1 }
    return bytes[position]
  }

  package mutating func count(in bytes: Span<UInt8>) -> Int {
    var value = 0
    var shift = 0
    while true {
      let byte = byte(in: bytes)
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  package mutating func text(in bytes: Span<UInt8>) -> String {
    let count = count(in: bytes)
    defer { position += count }
    guard let text = try? UTF8Span(validating: bytes.extracting(position..<position + count)) else {
      preconditionFailure("what was packed was a String")
    }
    return String(copying: text)
  }

  mutating func skipText(in bytes: Span<UInt8>) {
    let count = count(in: bytes)
    position += count
  }

  package mutating func name(in bytes: Span<UInt8>) -> Name { Name(text(in: bytes))! }

  package mutating func time(in bytes: Span<UInt8>) -> Timestamp {
    var milliseconds: Int64 = 0
    for shift in stride(from: Int64(0), to: 64, by: 8) { milliseconds |= Int64(byte(in: bytes)) << shift }
    return Timestamp(milliseconds: milliseconds)
  }
}

/// Finds the slots of a table by the hash of their keys, eight bytes per bucket. The keys are only in the table's rows.
///
/// A bucket holds the slot and 32 bits of the hash, whose upper bits say where it belongs; if that bucket is taken, it
/// is in the next free one. So growing reads and writes the buckets in order and no row.
struct SlotIndex: Sendable {
  /// The hash in the upper half, the slot plus one in the lower; 0 for an empty bucket.
  private var buckets: [UInt64] = []
  /// The shift from a hash to its bucket.
  private var shift: UInt32 = 32
  private(set) var count = 0

  /// Makes room for so many slots.
  mutating func reserveCapacity(_ count: Int) {
    if count * 4 > buckets.count * 3 { resize(toHold: count) }
  }

  /// The slot, among those of that hash, for which the closure returns true.
  @inline(__always)
  func slot(_ hash: Int, where isTheOne: (Int32) -> Bool) -> Int32? {
    if buckets.isEmpty { return nil }
    let hash = UInt32(truncatingIfNeeded: hash)
    var bucket = Int(hash >> shift)
    while buckets[bucket] != 0 {
      if UInt32(truncatingIfNeeded: buckets[bucket] >> 32) == hash, isTheOne(Self.slot(of: buckets[bucket])) {
        return Self.slot(of: buckets[bucket])
      }
      bucket = next(bucket)
    }
    return nil
  }

  /// Adds a slot that is not in the index.
  mutating func insert(_ slot: Int32, _ hash: Int) {
    reserveCapacity(count + 1)
    count += 1
    put(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(UInt32(slot) + 1))
  }

  /// Removes a slot that is in the index.
  mutating func remove(_ slot: Int32, _ hash: Int) {
    var hole = bucket(of: slot, hash)
    count -= 1
    // Later entries that belong at the hole, or before it, move up.
    var bucket = next(hole)
    while buckets[bucket] != 0 {
      let home = Int(UInt32(truncatingIfNeeded: buckets[bucket] >> 32) >> shift)
      let mask = buckets.count - 1
      if (bucket - home) & mask >= (bucket - hole) & mask {
        buckets[hole] = buckets[bucket]
        hole = bucket
      }
      bucket = next(bucket)
    }
    buckets[hole] = 0
  }

  /// Changes the slot of an entry.
  mutating func move(_ slot: Int32, to new: Int32, _ hash: Int) {
    let bucket = bucket(of: slot, hash)
    buckets[bucket] = buckets[bucket] & ~0xFFFF_FFFF | UInt64(UInt32(new) + 1)
  }

  private func bucket(of slot: Int32, _ hash: Int) -> Int {
    precondition(!buckets.isEmpty, "an empty index has no slots")
    var bucket = Int(UInt32(truncatingIfNeeded: hash) >> shift)
    while Self.slot(of: buckets[bucket]) != slot {
      precondition(buckets[bucket] != 0, "the slot is there, under that hash")
      bucket = next(bucket)
    }
    return bucket
  }

  private func next(_ bucket: Int) -> Int { (bucket + 1) & (buckets.count - 1) }

  /// -1 for an empty bucket.
  private static func slot(of bucket: UInt64) -> Int32 { Int32(truncatingIfNeeded: bucket) - 1 }

  @inline(__always)
  private mutating func put(_ entry: UInt64) {
    var bucket = Int(UInt32(truncatingIfNeeded: entry >> 32) >> shift)
    while buckets[bucket] != 0 { bucket = next(bucket) }
    buckets[bucket] = entry
  }

  /// At least a quarter stays free, so that a search for a missing key ends soon.
  private mutating func resize(toHold count: Int) {
    var size = 16
    while count * 4 > size * 3 { size *= 2 }
    let old = buckets
    buckets = [UInt64](repeating: 0, count: size)
    shift = 32 - UInt32(size.trailingZeroBitCount)
    for entry in old where entry != 0 { put(entry) }
  }
}
