import TestSupport
import Testing

@testable import ChatProtocol

private let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

/// A header of version 2. `length`: what it says of the rest, where that is not its length.
private func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
  let length = length ?? rest.count
  return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
}

private func line(_ text: String) -> [UInt8] { Array("\(text)\r\n".utf8) }

private let ports: [UInt8] = [0xDC, 0x04, 0x1E, 0x61]
private let v4: [UInt8] = [192, 0, 2, 7, 10, 0, 0, 1] + ports
private let v6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [7]
private let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 7]
private let unique: [UInt8] = [0x05, 0, 4] + Array("abcd".utf8)

private let headers: [(bytes: [UInt8], source: String?)] = [
  (line("PROXY TCP4 192.0.2.7 10.0.0.1 56324 7777"), "192.0.2.7"),
  (line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535"), "255.255.255.255"),
  (line("PROXY TCP4 0.0.0.0 0.0.0.0 0 0"), "0.0.0.0"),
  (line("PROXY TCP6 2001:DB8::7 ::1 56324 7777"), "2001:db8::7"),
  (line("PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0007 ::1 1 2"), "2001:db8::7"),
  (line("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2"), "192.0.2.7"),
  (line("PROXY TCP6 ::ffff:c000:207 ::1 1 2"), "192.0.2.7"),
  (line("PROXY UNKNOWN"), nil),
  (line("PROXY UNKNOWN whatever \u{1} there is"), nil),
  (line("PROXY UNKNOWN " + String(repeating: "f", count: 91)), nil),
  (binary(0x21, 0x11, v4), "192.0.2.7"),
  (binary(0x21, 0x12, v4), "192.0.2.7"),
  (binary(0x21, 0x11, v4 + unique), "192.0.2.7"),
  (binary(0x21, 0x11, v4 + Array(repeating: 4, count: 508)), "192.0.2.7"),
  (binary(0x21, 0x21, v6 + v6 + ports), "2001:db8::7"),
  (binary(0x21, 0x22, v6 + v6 + ports + unique), "2001:db8::7"),
  (binary(0x21, 0x21, mapped + mapped + ports), "192.0.2.7"),
  (binary(0x21, 0x31, Array(repeating: 0x2F, count: 216)), nil),
  (binary(0x21, 0x32, Array(repeating: 0x2F, count: 216)), nil),
  (binary(0x21, 0x00, []), nil), (binary(0x21, 0x01, v4), nil), (binary(0x21, 0x10, v4), nil),
  (binary(0x21, 0x20, []), nil), (binary(0x21, 0x30, []), nil),
  // Of a LOCAL connection everything else is ignored.
  (binary(0x20, 0x00, []), nil), (binary(0x20, 0x11, v4), nil), (binary(0x20, 0xFF, unique), nil),
]

private let wrong: [(bytes: [UInt8], reason: String)] = [
  (Array("/join ops\r\n".utf8), "is missing: a proxy must send one before anything else"),
  (Array("proxy TCP4".utf8), "is missing: a proxy must send one before anything else"),
  (Array("PROXY\tTCP4".utf8), "is missing: a proxy must send one before anything else"),
  ([0x16, 3, 1], "is missing: a proxy must send one before anything else"),
  ([0x0D, 0x0A, 0x0D, 0x0A, 0x0D], "is missing: a proxy must send one before anything else"),
  (line("PROXY "), "of version 1 must name TCP4, TCP6 or UNKNOWN"),
  (line("PROXY TCP5 192.0.2.7 10.0.0.1 1 2"), "of version 1 must name TCP4, TCP6 or UNKNOWN"),
  (line("PROXY UNKNOWNS"), "of version 1 must name TCP4, TCP6 or UNKNOWN"),
  (line("PROXY  TCP4 192.0.2.7 10.0.0.1 1 2"), "of version 1 must name TCP4, TCP6 or UNKNOWN"),
  (line("PROXY TCP4"), "must have two addresses and two ports, with one space between"),
  (line("PROXY TCP4 192.0.2.7 10.0.0.1 1"), "must have two addresses and two ports, with one space between"),
  (line("PROXY TCP4 192.0.2.7  10.0.0.1 1 2"), "must have two addresses and two ports, with one space between"),
  (line("PROXY TCP4 192.0.2.7 10.0.0.1 1 2 "), "must have two addresses and two ports, with one space between"),
  (line("PROXY TCP4 192.0.2.07 10.0.0.1 1 2"), "must have two IPv4 addresses after TCP4"),
  (line("PROXY TCP4 192.0.2.7 10.0.0.256 1 2"), "must have two IPv4 addresses after TCP4"),
  (line("PROXY TCP4 192.0.2.0/24 10.0.0.1 1 2"), "must have two IPv4 addresses after TCP4"),
  (line("PROXY TCP4 ::1 ::1 1 2"), "must have two IPv4 addresses after TCP4"),
  (line("PROXY TCP6 192.0.2.7 ::1 1 2"), "must have two IPv6 addresses after TCP6"),
  (line("PROXY TCP6 fe80::1%eth0 ::1 1 2"), "must have two IPv6 addresses after TCP6"),
  (
    line("PROXY TCP4 192.0.2.7 10.0.0.1 01 2"), "must end with two ports, numbers from 0 to 65535 without leading zeros"
  ),
  (
    line("PROXY TCP4 192.0.2.7 10.0.0.1 1 65536"),
    "must end with two ports, numbers from 0 to 65535 without leading zeros"
  ),
  (
    line("PROXY TCP4 192.0.2.7 10.0.0.1 +1 2"), "must end with two ports, numbers from 0 to 65535 without leading zeros"
  ),
  (Array("PROXY UNKNOWN\n".utf8), "has a CR or LF that is not a line end, CR LF"),
  (Array("PROXY UNKNOWN\rx".utf8), "has a CR or LF that is not a line end, CR LF"),
  (Array("PROXY UNKNOWN\r\r\n".utf8), "has a CR or LF that is not a line end, CR LF"),
  (
    Array(("PROXY UNKNOWN " + String(repeating: "f", count: 93)).utf8),
    "of version 1 has no line end in its first 107 bytes"
  ),
  (
    Array(("PROXY UNKNOWN " + String(repeating: "f", count: 92) + "\r\n").utf8),
    "of version 1 has no line end in its first 107 bytes"
  ),
  (binary(0x11, 0x11, v4), "is of a version other than 1 and 2"),
  (binary(0x31, 0x11, v4), "is of a version other than 1 and 2"),
  (binary(0x22, 0x11, v4), "has a command other than LOCAL and PROXY"),
  (binary(0x21, 0x41, v4), "has an unknown address family or protocol"),
  (binary(0x21, 0x13, v4), "has an unknown address family or protocol"),
  (binary(0x21, 0x11, Array(v4.dropLast())), "is too short for its addresses"),
  (binary(0x21, 0x21, v4), "is too short for its addresses"),
  (binary(0x21, 0x31, v6 + v6 + ports), "is too short for its addresses"),
  (binary(0x21, 0x11, [], length: 521), "has 537 bytes; at most 536 are accepted"),
  (binary(0x20, 0x00, [], length: 65535), "has 65551 bytes; at most 536 are accepted"),
]

private func parse(_ bytes: some Sequence<UInt8>) -> ProxyHeader.Progress { ProxyHeader.parse(Array(bytes).span) }

@Suite struct ProxyHeaderTests {
  @Test(arguments: headers)
  func `a header says where the client connects from`(bytes: [UInt8], source: String?) {
    #expect(parse(bytes) == .complete(length: bytes.count, source: source))
    for more in [Array("hello\n".utf8), [0], bytes, [0x0A], Array(repeating: 0x0D, count: 1000)] {
      #expect(parse(bytes + more) == .complete(length: bytes.count, source: source))
    }
  }

  @Test(arguments: headers.map(\.bytes))
  func `no byte is asked for that may not belong to the header`(bytes: [UInt8]) {
    for count in bytes.indices {
      guard case .incomplete(let atLeast) = parse(bytes.prefix(count)) else {
        Issue.record("\(count) bytes of \(bytes.count) are enough")
        continue
      }
      #expect(count < atLeast && atLeast <= bytes.count)
    }
  }

  @Test func `how much is missing is known as early as it can be`() {
    #expect(parse([]) == .incomplete(atLeast: 15))
    #expect(parse("PROXY".utf8) == .incomplete(atLeast: 15))
    #expect(parse("PROXY TCP4 192.0.2.7".utf8) == .incomplete(atLeast: 22))
    #expect(parse("PROXY TCP4 192.0.2.7 \r".utf8) == .incomplete(atLeast: 23))
    #expect(parse([0x0D]) == .incomplete(atLeast: 16))
    #expect(parse(binary(0x21, 0x11, [], length: 12)) == .incomplete(atLeast: 28))
  }

  @Test(arguments: wrong)
  func `what is no header is refused with a reason`(bytes: [UInt8], reason: String) {
    #expect(parse(bytes) == .invalid(reason))
    #expect(parse(bytes + Array("hello\r\n".utf8)) == .invalid(reason))
    for count in bytes.indices {
      switch parse(bytes.prefix(count)) {
      case .incomplete(let atLeast): #expect(atLeast > count)
      case .invalid(let early): #expect(early == reason)
      case .complete: Issue.record("\(count) bytes of it are a header")
      }
    }
  }

  @Test func `any bytes have one header or none, however many of them are there`() throws {
    try Fuzz(
      "PROXY headers", headers.map(\.bytes) + wrong.map(\.bytes),
      words: ["TCP4", "TCP6", "UNKNOWN", "::", "::1", "192.0.2.7", "65535"]
    ).run { input in
      let whole = parse(input.bytes)
      for count in input.bytes.indices.prefix(600) {
        switch (parse(input.bytes.prefix(count)), whole) {
        case (.incomplete(let atLeast), .complete(let length, _)):
          #expect(count < atLeast && atLeast <= length, "\(count) of \(input)")
        case (.incomplete(let atLeast), _): #expect(count < atLeast, "\(count) of \(input)")
        case (let early, _): #expect(early == whole, "\(count) of \(input)")
        }
      }
      switch whole {
      case .incomplete(let atLeast): #expect(input.bytes.count < atLeast && atLeast <= ProxyHeader.bytesMax, "\(input)")
      case .complete(let length, let source):
        #expect(length <= min(input.bytes.count, ProxyHeader.bytesMax), "\(input)")
        if let source { #expect(AddressBlock(source)?.description == source, "\(input)") }
      case .invalid(let reason): #expect(!reason.isEmpty && !reason.contains("\n"), "\(input)")
      }
    }
  }
}
