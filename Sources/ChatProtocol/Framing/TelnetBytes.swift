/// What Telnet puts between the bytes of a line: commands and negotiation, RFC 854. They are nothing that somebody typed.
package enum TelnetBytes {
  private static let interpretAsCommand: UInt8 = 255
  private static let subnegotiation: UInt8 = 250
  private static let subnegotiationEnd: UInt8 = 240
  private static let will: UInt8 = 251
  private static let dont: UInt8 = 254
  private static let doIt: UInt8 = 253
  private static let wont: UInt8 = 252
  private static let timingMark: UInt8 = 6

  /// Whether a line may hold some. The byte never occurs in UTF-8.
  package static func mayOccur(in line: Span<UInt8>) -> Bool {
    // Gathered with no early way out: so the compiler takes many bytes at a time.
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

  /// The answer to who asks for a timing mark, as telnet(1) does when it is interrupted: it shows nothing until it has one (RFC 860).
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
  /// How many bytes at the beginning are the mark that some programs write in front of UTF-8.
  package var byteOrderMarkCount: Int { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0 }
}
