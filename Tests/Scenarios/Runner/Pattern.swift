/// An expected line: text, and names in braces for parts that vary.
///
/// `{name}` matches any text at its first use and the same text afterwards. `{any}`, `{time}` and `{id}` match
/// any text, a time (of the json or the text dialect) and a number, at each use.
struct Pattern: Equatable, Sendable, CustomStringConvertible {
  let description: String
  private let pieces: [Piece]

  private enum Piece: Equatable {
    case text([Character])
    case name(String)
  }

  init(_ text: String) {
    description = text
    var pieces: [Piece] = []
    var rest = text[...]
    while let brace = rest.firstIndex(of: "{") {
      let name = rest[rest.index(after: brace)...].prefix { $0 == "-" || ("a"..."z").contains($0) }
      // A brace of JSON does not begin a name: `{"event":…`.
      if !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == "}" {
        pieces.append(.text(Array(rest[..<brace])))
        pieces.append(.name(String(name)))
        rest = rest[rest.index(after: name.endIndex)...]
      } else {
        pieces.append(.text(Array(rest[...brace])))
        rest = rest[rest.index(after: brace)...]
      }
    }
    pieces.append(.text(Array(rest)))
    self.pieces = pieces
  }

  /// Whether the line matches. If so, names used for the first time are added to `names`.
  func matches(_ line: String, binding names: inout [String: String]) -> Bool {
    guard let bound = Pattern.match(pieces[...], Array(line)[...], names) else { return false }
    names = bound
    return true
  }

  private static func match(
    _ pieces: ArraySlice<Piece>, _ line: ArraySlice<Character>, _ names: [String: String]
  ) -> [String: String]? {
    guard let piece = pieces.first else { return line.isEmpty ? names : nil }
    let others = pieces.dropFirst()
    switch piece {
    case .text(let text):
      return line.starts(with: text) ? match(others, line.dropFirst(text.count), names) : nil
    case .name(let name):
      if let value = names[name] {
        return line.starts(with: value) ? match(others, line.dropFirst(value.count), names) : nil
      }
      for length in stride(from: 1, through: line.count, by: 1) {
        let value = String(line.prefix(length))
        guard fits(value, name) else { continue }
        var bound = names
        if !["any", "time", "id"].contains(name) { bound[name] = value }
        if let result = match(others, line.dropFirst(length), bound) { return result }
      }
      return nil
    }
  }

  private static func fits(_ value: String, _ name: String) -> Bool {
    switch name {
    case "id": value.utf8.allSatisfy { (0x30...0x39).contains($0) }
    case "time": shape(of: value) == "0000-00-00T00:00:00.000Z" || shape(of: value) == "0000-00-00 00:00:00"
    default: true
    }
  }

  private static func shape(of text: String) -> String {
    String(text.map { $0.isASCII && $0.isNumber ? "0" : $0 })
  }

  /// Replaces names in braces by their values, in a line to send.
  static func filling(_ bytes: [UInt8], with names: [String: String]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "{")), let text = String(validating: bytes, as: UTF8.self) else { return bytes }
    return Array(names.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }.utf8)
  }
}
