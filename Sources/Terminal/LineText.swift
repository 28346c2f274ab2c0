/// A line being typed and its cursor, both counted in grapheme clusters, so that the cursor is never inside an emoji.
package struct LineText: Equatable, Sendable {
  /// In bytes of UTF-8.
  package static let bytesMax = 1 << 16

  package private(set) var characters: [Character] = []
  /// The number of characters before the cursor.
  package private(set) var cursor = 0

  /// The cursor is at the end.
  package init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  package var text: String { String(characters) }
  package var beforeCursor: String { String(characters[..<cursor]) }
  package var afterCursor: String { String(characters[cursor...]) }
  package var isEmpty: Bool { characters.isEmpty }
  package var isAtEnd: Bool { cursor == characters.count }

  /// Returns false, and changes nothing, if the line would become too long.
  package mutating func insert(_ piece: String) -> Bool {
    let head = beforeCursor + piece
    let text = head + String(characters[cursor...])
    guard text.utf8.count <= Self.bytesMax else { return false }
    // The text may join its neighbours: an accent the letter before it, a letter the accent after it. The cursor
    // goes after the character that contains the end of the text.
    characters = Array(text)
    var bytes = 0
    cursor =
      characters.firstIndex { character in
        defer { bytes += character.utf8.count }
        return bytes >= head.utf8.count
      } ?? characters.count
    return true
  }

  /// Moves the cursor, at most to an end of the line.
  package mutating func move(to place: Int) { cursor = min(max(0, place), characters.count) }

  /// Removes characters and returns them. The cursor keeps its place among the others.
  package mutating func remove(_ range: Range<Int>) -> String {
    let removed = String(characters[range])
    let place = cursor <= range.lowerBound ? cursor : max(range.lowerBound, cursor - range.count)
    let head = String(characters[..<range.lowerBound])
    let tail = String(characters[range.upperBound...])
    // Built again, since the characters around the gap may join.
    self = LineText(head + tail)
    cursor = min(place, characters.count)
    return removed
  }

  /// Replaces `count` characters before the cursor by `text`.
  package mutating func replace(before count: Int, with text: String) -> Bool {
    var changed = self
    _ = changed.remove(max(0, cursor - count)..<cursor)
    guard changed.insert(text) else { return false }
    self = changed
    return true
  }

  /// Swaps the characters before and at the cursor, at the end of the line the last two. Returns false if there are no
  /// two.
  package mutating func transpose() -> Bool {
    guard characters.count > 1, cursor > 0 else { return false }
    let second = min(cursor, characters.count - 1)
    characters.swapAt(second - 1, second)
    cursor = second + 1
    return true
  }
}

// Words are letters and digits; for Ctrl-W, everything between spaces.
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
