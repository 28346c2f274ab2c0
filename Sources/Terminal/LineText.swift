/// A line that is being typed and the place in it where the next character goes. Both are counted in characters as a
/// person sees them (grapheme clusters), so that nothing ever stands in the middle of an emoji.
package struct LineText: Equatable, Sendable {
  /// In bytes of UTF-8; what would not fit is not taken.
  package static let bytesMax = 1 << 16

  package private(set) var characters: [Character] = []
  /// How many characters stand before it.
  package private(set) var cursor = 0

  /// The cursor stands at the end.
  package init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  package var text: String { String(characters) }
  package var beforeCursor: String { String(characters[..<cursor]) }
  package var afterCursor: String { String(characters[cursor...]) }
  package var isEmpty: Bool { characters.isEmpty }
  package var isAtEnd: Bool { cursor == characters.count }

  /// False, and nothing is changed, where the line would become too long.
  package mutating func insert(_ piece: String) -> Bool {
    let head = beforeCursor + piece
    let text = head + String(characters[cursor...])
    guard text.utf8.count <= Self.bytesMax else { return false }
    // What was inserted may join its neighbours: an accent the letter before it, a letter the accent behind it. The cursor
    // stands behind the character that the last of it became a part of.
    characters = Array(text)
    var bytes = 0
    cursor =
      characters.firstIndex { character in
        defer { bytes += character.utf8.count }
        return bytes >= head.utf8.count
      } ?? characters.count
    return true
  }

  /// Bounded by the ends of the line.
  package mutating func move(to place: Int) { cursor = min(max(0, place), characters.count) }

  /// Takes characters out and returns them; the cursor stays where it was among the others.
  package mutating func remove(_ range: Range<Int>) -> String {
    let removed = String(characters[range])
    let place = cursor <= range.lowerBound ? cursor : max(range.lowerBound, cursor - range.count)
    let head = String(characters[..<range.lowerBound])
    let tail = String(characters[range.upperBound...])
    // Built anew, since what is left may join.
    self = LineText(head + tail)
    cursor = min(place, characters.count)
    return removed
  }

  /// Puts `text` in the place of the `count` characters before the cursor.
  package mutating func replace(before count: Int, with text: String) -> Bool {
    var changed = self
    _ = changed.remove(max(0, cursor - count)..<cursor)
    guard changed.insert(text) else { return false }
    self = changed
    return true
  }

  /// The character before the cursor goes behind the one at it; at the end, the last two change places. False where
  /// there are no two.
  package mutating func transpose() -> Bool {
    guard characters.count > 1, cursor > 0 else { return false }
    let second = min(cursor, characters.count - 1)
    characters.swapAt(second - 1, second)
    cursor = second + 1
    return true
  }
}

// Words: letters and digits, whatever stands between them. Ctrl-W's alone are what stands between spaces.
extension LineText {
  package var wordStart: Int {
    var place = cursor
    while place > 0, !characters[place - 1].isPartOfWord { place -= 1 }
    while place > 0, characters[place - 1].isPartOfWord { place -= 1 }
    return place
  }

  package var wordEnd: Int {
    var place = cursor
    while place < characters.count, !characters[place].isPartOfWord { place += 1 }
    while place < characters.count, characters[place].isPartOfWord { place += 1 }
    return place
  }

  package var spacedWordStart: Int {
    var place = cursor
    while place > 0, characters[place - 1].isWhitespace { place -= 1 }
    while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
    return place
  }
}

extension Character {
  fileprivate var isPartOfWord: Bool { isLetter || isNumber }
}
