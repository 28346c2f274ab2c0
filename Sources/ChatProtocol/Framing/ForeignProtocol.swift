/// What a connection speaks instead of this server's protocol, told by its first bytes.
///
/// It matters what comes behind them: a web page may have a browser send an HTTP request to any port of its user's machine, and a line of
/// the request's body that is a command would be obeyed.
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

  /// How much of what has come is given to `init`.
  package enum Extent: Sendable {
    /// A line.
    case whole
    /// The beginning of one that is too long.
    case tooLong
    /// What has come of one.
    case begun
  }

  private static let beginnings: [(text: StaticString, meaning: ForeignProtocol)] = [
    ("SSH-", .ssh), ("PROXY ", .proxy), ("CAP ", .irc), ("NICK ", .irc), ("USER ", .irc), ("PASS ", .irc),
    ("EHLO ", .smtp), ("HELO ", .smtp), ("<?xml", .xmpp), ("<stream:", .xmpp),
  ]

  /// nil where it may be a line of ours. To be asked of each line until the first command: what speaks another protocol begins with
  /// that, at most behind empty lines.
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

  /// No text has the byte 0, unless behind a CR as Telnet has it.
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

  /// A request line as RFC 9112 has it, section 3, with any method and any target; RTSP and SIP have the same. Or the field that every
  /// HTTP request has. Of a line that is cut, a method that is long enough to hide the rest is one.
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
