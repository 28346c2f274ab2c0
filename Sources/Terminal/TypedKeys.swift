/// Keys that were typed and wait to be processed.
package struct TypedKeys: Sendable {
  private var keys: ArraySlice<Key> = []
  /// The timeout after the last key is over: no more keys belong to this burst.
  private var isSettled = false
  /// The terminal marks pastes: lines that arrive together were typed.
  private var marksPastes = false

  var isEmpty: Bool { keys.isEmpty }

  mutating func append(_ more: [Key]) {
    if keys.isEmpty { isSettled = false }
    if !marksPastes { marksPastes = more.contains { if case .paste = $0 { true } else { false } } }
    keys += more
  }

  mutating func prepend(_ more: some Sequence<Key>) { keys = more + keys }

  mutating func next() -> Key? { keys.popFirst() }

  package mutating func removeAll() { keys = [] }

  // MARK: Bursts

  /// Whether a line and more arrived at once. Only a timeout tells a paste from typing then.
  var mayBeBurst: Bool {
    guard !marksPastes, !isSettled, let enter = keys.firstIndex(of: .enter) else { return false }
    return keys[enter...].contains { if case .text = $0 { true } else { false } }
  }

  mutating func endBurst() { isSettled = true }

  /// The lines of a burst with at least two whole lines; takes them.
  mutating func takeBurst() -> [String]? {
    guard !marksPastes, isSettled else { return nil }
    let burst = keys.prefix { key in
      switch key {
      case .text, .enter, .tab: true
      default: false
      }
    }
    let lines = Self.lines(of: burst)
    guard lines.dropLast().count(where: { !$0.allSatisfy(\.isWhitespace) }) > 1 else { return nil }
    keys.removeFirst(burst.count)
    return lines
  }

  // MARK: Leaving

  /// Ctrl-C, Ctrl-D, or the line that quits.
  package enum Exit: Sendable {
    case interrupted, end
  }

  /// The first key or line that quits; takes the keys up to it. `quit` is the line that does.
  package mutating func takeExit(quit: String) -> Exit? {
    var lines = [""]
    for index in keys.indices {
      let exit: Exit? =
        switch keys[index] {
        case .control("C"): .interrupted
        case .control("D") where lines[0].isEmpty: .end
        case .enter where lines[0].split(whereSeparator: \.isWhitespace) == [quit[...]]: .end
        default: nil
        }
      if let exit {
        keys = keys[(index + 1)...]
        return exit
      }
      Self.type(keys[index], into: &lines)
      lines.removeFirst(lines.count - 1)
    }
    return nil
  }

  /// The bytes that a terminal sends for the keys, without keys that a password prompt ignores; takes the keys.
  package mutating func takeBytes() -> [UInt8] {
    defer { keys = [] }
    return keys.flatMap { key -> [UInt8] in
      switch key {
      case .text(let text), .paste(let text): Array(text.utf8)
      case .enter: [0x0D]
      case .backspace: [0x7F]
      case .control(let letter): [UInt8(truncatingIfNeeded: letter.value) & 0x1F]
      default: []
      }
    }
  }

  /// The keys as lines; the last has no Enter.
  package var lines: [String] { Self.lines(of: keys) }

  /// The first entered line. Nil if there is none, or if it was pasted with more lines: an editor takes only a part of such a
  /// line.
  package var answer: String? {
    guard let enter = keys.firstIndex(of: .enter) else { return nil }
    let lines = Self.lines(of: keys[..<enter])
    return lines.count == 1 ? lines[0] : nil
  }

  private static func lines(of keys: ArraySlice<Key>) -> [String] {
    var lines = [""]
    for key in keys { type(key, into: &lines) }
    return lines
  }

  private static func type(_ key: Key, into lines: inout [String]) {
    switch key {
    case .text(let text): lines[lines.count - 1] += text
    case .paste(let text):
      let more = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      lines[lines.count - 1] += more[0]
      lines += more.dropFirst().map(String.init)
    case .tab: lines[lines.count - 1] += " "
    case .enter: lines.append("")
    case .backspace: _ = lines[lines.count - 1].popLast()
    case .control("U"): lines[lines.count - 1] = ""
    default: break
    }
  }
}
