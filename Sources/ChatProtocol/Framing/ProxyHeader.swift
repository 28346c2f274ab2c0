/// The header that a proxy sends before a client's bytes, to say where the client connects from: the PROXY protocol of HAProxy,
/// versions 1 and 2 (proxy-protocol.txt in HAProxy's source; sections below are of that document).
///
/// Only a trusted proxy may send one, and it must always send one (section 2): whether there is a header is configured, not guessed.
package enum ProxyHeader {
  package enum Progress: Equatable, Sendable {
    /// All bytes so far belong to the header, and it has at least so many in all. Take those that are there and wait for more.
    case incomplete(atLeast: Int)
    /// The first `length` bytes are the header; what follows is the client's. `source` is the client's address, as `PeerAddress`
    /// writes it, without the port. nil where the header names none: the address of the connection counts.
    case complete(length: Int, source: String?)
    /// The connection must be closed. The reason continues "the PROXY header …".
    case invalid(String)
  }

  /// No header is longer: both versions fit into the smallest segment that every host takes (section 2, 536 bytes). This leaves
  /// 484 bytes for the TLVs of version 2.
  package static let bytesMax = 536

  /// `bytes` are all from the connection's first byte on.
  package static func parse(_ bytes: Span<UInt8>) -> Progress {
    if bytes.count == 0 { return .incomplete(atLeast: V1.bytesMin) }
    if V1.start.agrees(with: bytes) { return V1.parse(bytes) }
    if V2.signature.agrees(with: bytes) { return V2.parse(bytes) }
    return .invalid("is missing: a proxy must send one before anything else")
  }
}

/// Section 2.1: a line of text.
private enum V1 {
  static let start = FixedBytes("PROXY ")
  /// `PROXY UNKNOWN` with its line end.
  static let bytesMin = 15
  /// With the line end.
  private static let bytesMax = 107

  static func parse(_ bytes: Span<UInt8>) -> ProxyHeader.Progress {
    let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    for index in 0..<min(bytes.count, bytesMax) {
      let endsLine = index > 0 && bytes[index - 1] == carriageReturn
      // The line must not end in any other way.
      if endsLine != (bytes[index] == lineFeed) { return .invalid("has a CR or LF that is not a line end, CR LF") }
      if endsLine { return read(bytes.extracting(..<(index - 1)), length: index + 1) }
    }
    guard bytes.count < bytesMax else { return .invalid("of version 1 has no line end in its first \(bytesMax) bytes") }
    let missing = bytes[bytes.count - 1] == carriageReturn ? 1 : 2
    return .incomplete(atLeast: max(bytesMin, bytes.count + missing))
  }

  /// A line without its end.
  private static func read(_ line: Span<UInt8>, length: Int) -> ProxyHeader.Progress {
    let text = String(decoding: (start.count..<line.count).map { line[$0] }, as: UTF8.self)
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    switch words[0] {
    // Whatever follows must be ignored.
    case "UNKNOWN": return .complete(length: length, source: nil)
    case "TCP4", "TCP6":
      guard words.count == 5 else { return .invalid("must have two addresses and two ports, with one space between") }
      let isV6 = words[0] == "TCP6"
      guard let source = address(words[1], isV6: isV6), address(words[2], isV6: isV6) != nil else {
        return .invalid("must have two IPv\(isV6 ? 6 : 4) addresses after \(words[0])")
      }
      guard isPort(words[3]), isPort(words[4]) else {
        return .invalid("must end with two ports, numbers from 0 to 65535 without leading zeros")
      }
      return .complete(length: length, source: source)
    default: return .invalid("of version 1 must name TCP4, TCP6 or UNKNOWN")
    }
  }

  private static func address(_ word: Substring, isV6: Bool) -> String? {
    guard word.contains(":") == isV6, !word.contains("/") else { return nil }
    return AddressBlock(String(word))?.description
  }

  private static func isPort(_ word: Substring) -> Bool {
    (1...5).contains(word.utf8.count) && word.utf8.allSatisfy(\.isASCIIDigit) && (word.first != "0" || word == "0")
      && UInt16(word) != nil
  }
}

/// Section 2.2: a fixed part of 16 bytes, which ends with the length of the rest: addresses, then TLVs.
private enum V2 {
  static let signature = FixedBytes("\r\n\r\n\0\r\nQUIT\n")
  private static let fixedBytes = 16

  static func parse(_ bytes: Span<UInt8>) -> ProxyHeader.Progress {
    if bytes.count > 12, bytes[12] >> 4 != 2 { return .invalid("is of a version other than 1 and 2") }
    if bytes.count > 12, bytes[12] & 0xF > 1 { return .invalid("has a command other than LOCAL and PROXY") }
    guard bytes.count >= fixedBytes else { return .incomplete(atLeast: fixedBytes) }
    let length = fixedBytes + Int(bytes[14]) << 8 + Int(bytes[15])
    guard length <= ProxyHeader.bytesMax else {
      return .invalid("has \(length) bytes; at most \(ProxyHeader.bytesMax) are accepted")
    }
    let isLocal = bytes[12] & 0xF == 0
    guard let family = isLocal ? .unspecified : Family(bytes[13]) else {
      return .invalid("has an unknown address family or protocol")
    }
    guard length - fixedBytes >= family.bytes else { return .invalid("is too short for its addresses") }
    guard bytes.count >= length else { return .incomplete(atLeast: length) }
    return .complete(length: length, source: family.source(bytes.extracting(fixedBytes..<length)))
  }

  /// What the addresses are. The transport makes no difference: a source is what it is in both.
  private enum Family {
    case unspecified, v4, v6, unix

    /// nil for a byte that no sender may use. A family or protocol that is unspecified means that the addresses are ignored.
    init?(_ byte: UInt8) {
      guard byte & 0xF <= 2 else { return nil }
      switch byte >> 4 {
      case 0: self = .unspecified
      case 1: self = byte & 0xF == 0 ? .unspecified : .v4
      case 2: self = byte & 0xF == 0 ? .unspecified : .v6
      case 3: self = byte & 0xF == 0 ? .unspecified : .unix
      default: return nil
      }
    }

    /// Of both addresses, with their ports.
    var bytes: Int {
      switch self {
      case .unspecified: 0
      case .v4: 12
      case .v6: 36
      case .unix: 216
      }
    }

    /// The source comes first.
    func source(_ addresses: Span<UInt8>) -> String? {
      func address(_ count: Int) -> UInt128 { (0..<count).reduce(0) { $0 << 8 | UInt128(addresses[$1]) } }
      return switch self {
      case .unspecified, .unix: nil
      case .v4: AddressBlock(.v4, address: address(4) << 96, length: 32).description
      case .v6: AddressBlock(unmapping: address(16)).description
      }
    }
  }
}

/// Bytes that must come first.
private struct FixedBytes {
  private let text: StaticString

  init(_ text: StaticString) { self.text = text }

  var count: Int { text.utf8CodeUnitCount }

  /// Whether the bytes begin with these, or are the beginning of these.
  func agrees(with bytes: Span<UInt8>) -> Bool {
    // Each index is within the text's own count.
    (0..<min(count, bytes.count)).allSatisfy { unsafe text.utf8Start[$0] == bytes[$0] }
  }
}
