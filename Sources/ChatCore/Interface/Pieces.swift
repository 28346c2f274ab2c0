/// A list that may be very long and is worked off one by one, from the front.
///
/// Letting go of a hundred thousand rows with their texts takes tens of milliseconds, whoever does it last. This lets go of a
/// few at a time, as they are worked off.
package struct Pieces<Element: Sendable>: Sendable {
  // Those that were worked off are empty.
  private var pieces: [[Element]] = []
  private var piece = 0
  private var position = 0
  package private(set) var count = 0

  private static var size: Int { 64 }

  package init(_ elements: some Sequence<Element>) {
    for element in elements { append(element) }
  }

  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ element: Element) {
    if piece == pieces.count || pieces[pieces.count - 1].count == Self.size { pieces.append([]) }
    pieces[pieces.count - 1].append(element)
    count += 1
  }

  /// The first, which is taken out.
  package mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    defer {
      position += 1
      if position == pieces[piece].count {
        pieces[piece] = []
        piece += 1
        position = 0
      }
      if count == 0 { self = Pieces([]) }
    }
    return pieces[piece][position]
  }

  /// So many of the first, as far as there are as many; they are taken out.
  package mutating func takeFirst(_ most: Int) -> [Element] {
    var taken: [Element] = []
    while taken.count < most, let element = popFirst() { taken.append(element) }
    return taken
  }
}

extension Pieces: Sequence {
  package struct Iterator: IteratorProtocol {
    fileprivate var rest: Pieces

    package mutating func next() -> Element? { rest.popFirst() }
  }

  package func makeIterator() -> Iterator { Iterator(rest: self) }

  package var underestimatedCount: Int { count }
}

extension Pieces: Equatable where Element: Equatable {
  package static func == (left: Pieces, right: Pieces) -> Bool { left.elementsEqual(right) }
}

extension Pieces: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: Element...) { self.init(elements) }
}
