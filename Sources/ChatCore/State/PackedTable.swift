package import ChatProtocol

/// A row that a `PackedTable` keeps as bytes.
package protocol PackedRow: Equatable, Sendable {
  /// What the row is found by; no two rows of a table have the same.
  var name: Name { get }
  /// Appends everything but the name.
  func pack(into bytes: inout [UInt8])
  /// Reads what `pack` appended.
  init(name: Name, unpacking reader: inout PackedReader, in bytes: Span<UInt8>)
}

/// Rows found by name, a million of them in little more memory than their texts take. Strings, arrays and a dictionary
/// would take four times as much, and a start as much more time to fill it.
///
/// Rows are kept as bytes, sixteen to a page. Each page is a small array of its own, so that a change copies no more than that.
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

  /// Where the row of that name stands, until the next one is removed.
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

  /// Adds a row whose name is not there; its slot.
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

  /// Puts another row of the same name into a slot.
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

  /// Adds a row, or puts it into the place of the one of that name.
  package mutating func set(_ row: Row) {
    if let slot = slot(of: row.name) { replace(slot, with: row) } else { add(row) }
  }

  /// Takes the row of that name out, where there is one.
  package mutating func remove(_ name: Name) {
    if let slot = slot(of: name) { remove(slot) }
  }

  /// Takes a row out; the last one moves to its slot.
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

  /// The rows that `isWanted` finds by their bytes behind the name, in the order of their slots.
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
