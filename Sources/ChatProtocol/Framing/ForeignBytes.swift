/// Another protocol than this server's, recognized by its first bytes.
///
/// A web page can make a browser send an HTTP request to any port of its user's machine, and the server would obey a
/// line of the request's body that is a command.
package enum ForeignProtocol: String, Sendable {
  case http = "HTTP"
  case tls = "TLS"
  case ssh = "SSH"
  case irc = "IRC"
  case smtp = "SMTP"
  case xmpp = "XMPP"
  case socks = "SOCKS"
  case proxy = "the PROXY protocol"
  case utf16 = "UTF-16"
  case binary = "a binary protocol"

  /// What the bytes for `init` are.
  package enum Extent: Sendable {
    /// A line.
    case whole
    /// The beginning of a line that is too long.
    case tooLong
    /// The beginning of a line that is not complete.
    case begun
  }

  private static let beginnings: [(text: StaticString, meaning: ForeignProtocol)] = [
    ("SSH-", .ssh), ("PROXY ", .proxy), ("CAP ", .irc), ("NICK ", .irc), ("USER ", .irc), ("PASS ", .irc),
    ("EHLO ", .smtp), ("HELO ", .smtp), ("<?xml", .xmpp), ("<stream:", .xmpp),
  ]

  /// nil for a possible line of this protocol. Ask for each line until the first command: empty lines may come before
  /// another protocol.
  package init?(_ bytes: Span<UInt8>, _ extent: Extent) {
    if let meaning = Self.binary(bytes) {
      self = meaning
    } else if let (_, meaning) = Self.beginnings.first(where: { Self.begins(bytes, with: $0.text) }) {
      self = meaning
    } else if extent != .begun, Self.isRequest(bytes, isCut: extent == .tooLong) {
      self = .http
    } else {
      return nil
    }
  }

  private static func begins(_ bytes: Span<UInt8>, with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count >= count else { return false }
    for index in 0..<count where unsafe text.utf8Start[index] != bytes[index] { return false }
    return true
  }

  /// No text has the byte 0, except Telnet's after a CR.
  private static func binary(_ bytes: Span<UInt8>) -> ForeignProtocol? {
    guard bytes.count >= 2 else { return bytes.count == 1 && bytes[0] == 0 ? .binary : nil }
    if bytes[0] == 0x16, bytes[1] == 3 { return .tls }
    for index in bytes.indices where bytes[index] == 0 && (index == 0 || bytes[index - 1] != UInt8(ascii: "\r")) {
      switch (bytes[0], bytes[1]) {
      case (0xFF, 0xFE), (0xFE, 0xFF): return .utf16
      case (4, 1...2), (5, 1...16): return .socks
      default: return .binary
      }
    }
    return nil
  }

  /// A request line (RFC 9112, section 3) with any method and target, also of RTSP and SIP; or the field `Host`, which
  /// every HTTP request has. Of a line that is cut, a method alone is enough.
  private static func isRequest(_ line: Span<UInt8>, isCut: Bool) -> Bool {
    let line = line.count > 0 && line[line.count - 1] == UInt8(ascii: "\r") ? line.extracting(droppingLast: 1) : line
    if begins(line, with: "Host:") || begins(line, with: "host:") || begins(line, with: "HOST:") { return true }
    var end = 0
    while end < line.count, line[end].isMethodByte { end += 1 }
    guard end > 0 else { return false }
    if end == line.count { return isCut }
    guard line[end] == UInt8(ascii: " "), end + 1 < line.count else { return false }
    let rest = line.extracting((end + 1)...)
    if isCut || isMethod(line.extracting(..<end)) && (rest[0] == UInt8(ascii: "/") || rest[0] == UInt8(ascii: "*")) {
      return true
    }
    // The last word is a name, a slash and a version.
    var word = rest.count
    while word > 0, rest[word - 1] != UInt8(ascii: " ") { word -= 1 }
    var slash = word
    while slash < rest.count, rest[slash].isASCIILetterOrDigit { slash += 1 }
    return word > 1 && slash > word && slash + 1 < rest.count && rest[slash] == UInt8(ascii: "/")
      && rest[slash + 1].isASCIIDigit
  }

  private static func isMethod(_ word: Span<UInt8>) -> Bool {
    let methods: [StaticString] = [
      "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI",
    ]
    return methods.contains { $0.utf8CodeUnitCount == word.count && begins(word, with: $0) }
  }
}

extension UInt8 {
  /// A byte of a token, RFC 9110, section 5.6.2.
  fileprivate var isMethodByte: Bool {
    switch self {
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: isASCIILetterOrDigit
    }
  }
}

/// Telnet's commands and negotiation between the bytes of a line (RFC 854). No user typed them.
package enum TelnetBytes {
  private static let interpretAsCommand: UInt8 = 255
  private static let subnegotiation: UInt8 = 250
  private static let subnegotiationEnd: UInt8 = 240
  private static let will: UInt8 = 251
  private static let dont: UInt8 = 254
  private static let doIt: UInt8 = 253
  private static let wont: UInt8 = 252
  private static let timingMark: UInt8 = 6

  /// Whether a line may contain some. The byte never occurs in UTF-8.
  package static func mayOccur(in line: Span<UInt8>) -> Bool {
    // Without an early exit, so that the compiler vectorizes.
    var found: UInt8 = 0
    for index in line.indices { found |= line[index] == interpretAsCommand ? 1 : 0 }
    return found != 0
  }

  /// The line without them. A 255 that begins no command stays, and is not UTF-8.
  package static func removed(from line: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var index = 0
    while index < line.count {
      guard line[index] == interpretAsCommand, index + 1 < line.count else {
        text.append(line[index])
        index += 1
        continue
      }
      switch line[index + 1] {
      case interpretAsCommand:
        text.append(interpretAsCommand)
        index += 2
      case subnegotiation: index = end(ofSubnegotiation: index + 2, in: line)
      case will...dont: index += 3
      case subnegotiationEnd...: index += 2
      default:
        text.append(interpretAsCommand)
        index += 1
      }
    }
    return text
  }

  private static func end(ofSubnegotiation start: Int, in line: Span<UInt8>) -> Int {
    var index = start
    while index + 1 < line.count {
      if line[index] == interpretAsCommand, line[index + 1] == subnegotiationEnd { return index + 2 }
      index += line[index] == interpretAsCommand ? 2 : 1
    }
    return line.count
  }

  /// The answer to a request for a timing mark. An interrupted telnet(1) shows nothing until it has one (RFC 860).
  package static let refusedTimingMark = [interpretAsCommand, wont, timingMark]

  package static func asksForTimingMark(_ line: Span<UInt8>) -> Bool {
    var index = 0
    while index + 2 < line.count {
      if line[index] == interpretAsCommand, line[index + 1] == doIt, line[index + 2] == timingMark { return true }
      index += 1
    }
    return false
  }
}

extension Span<UInt8> {
  /// The length of the byte-order mark that some programs write before UTF-8, or 0.
  package var byteOrderMarkCount: Int { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0 }
}
