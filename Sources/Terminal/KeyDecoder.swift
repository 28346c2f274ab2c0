/// Decodes a terminal's bytes into keys, in whatever pieces they arrive: UTF-8, control characters, and the key sequences
/// of xterm(1), rxvt, the Linux console and similar terminals (ECMA-48, bracketed paste).
///
/// Only a timeout tells a lone Esc from the beginning of a sequence, or ends a paste without an end mark: see `pause`.
package struct KeyDecoder: Sendable {
  private enum State: Equatable {
    case ground
    /// After ESC.
    case escape
    /// After ESC O: one more byte names the key.
    case shifted
    /// After ESC [ and these parameters.
    case sequence([UInt8])
    /// Between the marks of a paste.
    case paste
  }

  /// Longer than any key's sequence.
  private static let sequenceBytesMax = 32
  /// The rest of a longer paste is dropped.
  private static let pasteBytesMax = 1 << 20
  private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)
  /// Ctrl-C, Ctrl-D and Ctrl-Z. A paste that pauses after one of them has lost its end mark: the user wants to get out.
  private static let breakBytes: Set<UInt8> = [0x03, 0x04, 0x1A]

  private var state = State.ground
  /// Undecoded bytes: at the end of a piece, the beginning of a character.
  private var text: [UInt8] = []
  private var pasted: [UInt8] = []

  package init() {}

  /// How long the caller waits for more bytes before it calls `pause`; nil if all bytes are decoded.
  package var waitLimitMilliseconds: Int32? {
    switch state {
    case .ground: nil
    case .escape, .shifted, .sequence: 50
    case .paste: hasBreak ? 50 : 1000
    }
  }

  /// Whether the end of a paste has not arrived yet.
  package var isInPaste: Bool { state == .paste }

  /// Drops the paste that is arriving.
  package mutating func dropPaste() {
    guard isInPaste else { return }
    pasted = []
    isPasteDropped = true
  }

  private var hasBreak = false
  private var isPasteDropped = false

  package mutating func decode(_ bytes: [UInt8]) -> [Key] {
    var keys: [Key] = []
    for byte in bytes { take(byte, &keys) }
    if state == .ground { flushText(keepingBeginning: true, &keys) }
    return keys
  }

  /// The timeout is over: an Esc was that key alone, and a sequence was incomplete. A paste has lost its end mark and
  /// ends at the key pressed to get out of it, or here.
  package mutating func pause() -> [Key] {
    let former = state
    state = .ground
    switch former {
    case .ground: return []
    case .escape: return [.escape]
    case .shifted, .sequence: return [.unknown]
    case .paste:
      let text = Array(pasted.prefix { !Self.breakBytes.contains($0) })
      let rest = Array(pasted[text.count...])
      var keys: [Key] = []
      endPaste(with: text, &keys)
      return keys + decode(rest)
    }
  }

  private mutating func endPaste(with text: [UInt8], _ keys: inout [Key]) {
    if !isPasteDropped, !text.isEmpty { keys.append(.paste(String(decoding: text, as: UTF8.self))) }
    pasted = []
    (hasBreak, isPasteDropped) = (false, false)
    state = .ground
  }

  private mutating func take(_ byte: UInt8, _ keys: inout [Key]) {
    switch state {
    case .ground: takeGround(byte, &keys)
    case .escape: takeEscape(byte, &keys)
    case .shifted:
      state = .ground
      keys.append(byte < 0x20 ? .unknown : Self.shiftedKey(byte))
      if byte < 0x20 { takeGround(byte, &keys) }
    case .sequence(let parameters): takeSequence(byte, parameters, &keys)
    case .paste: takePasted(byte, &keys)
    }
  }

  private mutating func takePasted(_ byte: UInt8, _ keys: inout [Key]) {
    pasted.append(byte)
    if Self.breakBytes.contains(byte) { hasBreak = true }
    if byte == Self.pasteEnd.last, pasted.suffix(Self.pasteEnd.count) == Self.pasteEnd[...] {
      endPaste(with: pasted.dropLast(Self.pasteEnd.count), &keys)
    } else if pasted.count > Self.pasteBytesMax {
      // The end mark may still come; its room stays free.
      pasted.remove(at: pasted.count - Self.pasteEnd.count)
    }
  }

  private mutating func takeGround(_ byte: UInt8, _ keys: inout [Key]) {
    guard byte < 0x20 || byte == 0x7F else { return text.append(byte) }
    flushText(keepingBeginning: false, &keys)
    switch byte {
    case 0x1B: state = .escape
    case 0x0D, 0x0A: keys.append(.enter)
    case 0x09: keys.append(.tab)
    case 0x08, 0x7F: keys.append(.backspace)
    default: keys.append(.control(Unicode.Scalar(byte | 0x40)))
    }
  }

  private mutating func takeEscape(_ byte: UInt8, _ keys: inout [Key]) {
    state = .ground
    switch byte {
    case 0x1B:
      keys.append(.escape)
      state = .escape
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "O"): state = .shifted
    case 0x08, 0x7F: keys.append(.wordBackspace)
    case 0x20..<0x7F: keys.append(.alt(Unicode.Scalar(byte)))
    default:
      // Alt with a letter beyond ASCII is that letter; with a control character, that key.
      takeGround(byte, &keys)
    }
  }

  private mutating func takeSequence(_ byte: UInt8, _ parameters: [UInt8], _ keys: inout [Key]) {
    switch byte {
    case 0x20...0x3F where parameters.count < Self.sequenceBytesMax: state = .sequence(parameters + [byte])
    case 0x20...0x3F: break
    case UInt8(ascii: "[") where parameters.isEmpty:
      // The Linux console's function keys have one more byte.
      state = .shifted
    case 0x40...0x7E:
      state = .ground
      if byte == UInt8(ascii: "~"), parameters == Array("200".utf8) {
        state = .paste
      } else if byte != UInt8(ascii: "~") || parameters != Array("201".utf8) {
        // The end mark of a paste that `pause` ended is no key.
        keys.append(Self.key(parameters, byte))
      }
    default:
      // No sequence contains such a byte: it is a key of its own.
      state = .ground
      keys.append(.unknown)
      takeGround(byte, &keys)
    }
  }

  private mutating func flushText(keepingBeginning: Bool, _ keys: inout [Key]) {
    let beginning = keepingBeginning ? Self.unfinished(text) : 0
    let whole = text.dropLast(beginning)
    if !whole.isEmpty { keys.append(.text(String(decoding: whole, as: UTF8.self))) }
    text.removeFirst(whole.count)
  }

  /// How many bytes at the end begin an incomplete character.
  private static func unfinished(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > count ? count : 0
    }
    return 0
  }
}

extension KeyDecoder {
  /// ESC [ parameters final.
  private static func key(_ parameters: [UInt8], _ final: UInt8) -> Key {
    let numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
      .map { Int(String(decoding: $0, as: UTF8.self)) }
    // The second number is 1 plus the modifiers: 1 for Shift, 2 for Alt, 4 for Ctrl.
    let held = (numbers.dropFirst().first ?? nil).map { ($0 &- 1) & 6 != 0 } ?? false
    if final == UInt8(ascii: "~") {
      switch numbers.first ?? nil {
      case 1?, 7?: return .home
      case 4?, 8?: return .end
      case 3?: return held ? .wordDelete : .delete
      default: return .unknown
      }
    }
    switch shiftedKey(final) {
    case .left where held: return .wordLeft
    case .right where held: return .wordRight
    case let key: return key
    }
  }

  private static func shiftedKey(_ byte: UInt8) -> Key {
    switch byte {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    // rxvt's, with Ctrl.
    case UInt8(ascii: "c"): .wordRight
    case UInt8(ascii: "d"): .wordLeft
    default: .unknown
    }
  }
}

/// A key, as far as a line editor distinguishes them.
package enum Key: Hashable, Sendable {
  /// One or more characters, none of them a control character.
  case text(String)
  /// Ctrl and a letter or sign in upper case: Ctrl-A is `control("A")`. Enter, Tab and Backspace have cases of their own.
  case control(Unicode.Scalar)
  /// Alt (or a preceding Esc) and a character.
  case alt(Unicode.Scalar)
  case enter, tab, backspace, delete, escape
  case left, right, up, down, home, end
  /// Ctrl or Alt with an arrow, Backspace or Delete.
  case wordLeft, wordRight, wordBackspace, wordDelete
  /// A bracketed paste, with its line ends as they came: CR, LF or both.
  case paste(String)
  /// Any other key.
  case unknown
}
