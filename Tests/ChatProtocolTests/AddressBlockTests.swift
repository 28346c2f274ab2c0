import TestSupport
import Testing

@testable import ChatProtocol

@Test(arguments: [
  ("192.0.2.7", "192.0.2.7"), ("0.0.0.0/0", "0.0.0.0/0"), ("192.0.2.0/24", "192.0.2.0/24"),
  ("192.0.2.7/24", "192.0.2.0/24"), ("255.255.255.255/32", "255.255.255.255"), ("10.1.2.3/9", "10.0.0.0/9"),
  ("::", "::"), ("::1", "::1"), ("::/0", "::/0"), ("2001:DB8::", "2001:db8::"), ("1::", "1::"),
  ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
  ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0001:0002:0003:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
  ("2001:db8:ffff::/33", "2001:db8:8000::/33"), ("fe80::1/10", "fe80::/10"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
  ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::ffff:192.0.2.7", "192.0.2.7"),
  ("::ffff:c000:207", "192.0.2.7"), ("::ffff:192.0.2.0/120", "192.0.2.0/24"), ("::ffff:0:0/95", "::fffe:0:0/95"),
])
func `a block is read and written in its canonical form`(text: String, written: String) throws {
  let block = try #require(AddressBlock(text))
  #expect(block.description == written)
  #expect(AddressBlock(written) == block)
}

@Test(arguments: [
  "", "/", "/8", "alice", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.+4", "1..2.3", "1.2.3.4/",
  "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/08", "1.2.3.4/8/8", " 1.2.3.4", "1.2.3.4 ", ":", ":::", "1:", ":1", "1::2::3",
  "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1/129", "::1.2.3", "1.2.3.4::",
  "fe80::1%eth0", "+1::", "::-1", "-0::", "١.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
])
func `an invalid address`(text: String) {
  #expect(AddressBlock(text) == nil)
}

@Test func `a block contains the addresses with its prefix, of its own family`() {
  func block(_ text: String) -> AddressBlock { AddressBlock(text)! }
  #expect(block("192.0.2.0/24").contains(block("192.0.2.255")))
  #expect(block("192.0.2.0/24").contains(block("192.0.2.128/25")))
  #expect(!block("192.0.2.128/25").contains(block("192.0.2.0/24")))
  #expect(block("192.0.2.128/25").overlaps(block("192.0.2.0/24")))
  #expect(!block("192.0.2.0/24").contains(block("192.0.3.0")))
  #expect(!block("0.0.0.0/0").contains(block("::")))
  #expect(block("::/0").contains(block("ffff::")))
}

@Test(arguments: [
  ("127.0.0.1", true), ("127.255.0.0/16", true), ("0.0.0.0/0", true), ("64.0.0.0/2", true), ("::1", true),
  ("::/0", true), ("::/127", true), ("126.0.0.0/8", false), ("128.0.0.0/1", false), ("::2", false), ("8000::/1", false),
])
func `a block knows whether it contains loopback addresses`(text: String, isCovered: Bool) throws {
  #expect(try #require(AddressBlock(text)).coversLoopback == isCovered)
}

@Test func `any address reads back`() {
  let seed = UInt64.random(in: 0...UInt64.max)
  var random = SeededRandom(seed: seed)
  for _ in 0..<2000 {
    // Few bits, so that there are runs of zeros of every length.
    let bits = (0..<8).reduce(UInt128(0)) { bits, _ in bits << 16 | (Bool.random(using: &random) ? UInt128(0) : 0xFFF) }
    let block = AddressBlock(.v6, address: bits, length: Int.random(in: 0...128, using: &random))
    #expect(AddressBlock(block.description) == block || block.description.contains("."), "seed \(seed)")
    let short = AddressBlock(.v4, address: bits, length: Int.random(in: 0...32, using: &random))
    #expect(AddressBlock(short.description) == short, "seed \(seed)")
  }
}
