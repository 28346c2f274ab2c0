/// A ban or a mute on the whole server, of a name or of addresses.
///
/// A name is banned or muted whether it is an account's, a guest's, or not in use.
package struct Restriction: Equatable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case ban
    case mute
  }

  package enum Subject: Hashable, Sendable, CustomStringConvertible {
    case user(Name)
    /// Can be banned, not muted.
    case addresses(AddressBlock)

    package var description: String {
      switch self {
      case .user(let name): name.text
      case .addresses(let block): block.description
      }
    }
  }

  /// A subject has at most one of each kind.
  package struct Key: Hashable, Sendable {
    package var kind: Kind
    package var subject: Subject

    package init(_ kind: Kind, _ subject: Subject) {
      self.kind = kind
      self.subject = subject
    }
  }

  package var key: Key
  /// nil if it is not known.
  package var since: Timestamp?
  /// nil: until it is lifted.
  package var until: Timestamp?
  /// The operator; empty where it is not known.
  package var by: String
  /// For the users that it affects; may be empty.
  package var reason: String

  package init(_ key: Key, since: Timestamp? = nil, until: Timestamp? = nil, by: String = "", reason: String = "") {
    self.key = key
    self.since = since
    self.until = until
    self.by = by
    self.reason = reason
  }

  package var kind: Kind { key.kind }
  package var subject: Subject { key.subject }

  package func isOver(at now: Timestamp) -> Bool { until.map { $0 <= now } ?? false }

  /// The time left, for a person: `1 h 59 min`; nil if it has no end.
  package func left(at now: Timestamp) -> String? {
    until.map { TimeSpan.words(seconds: ($0.milliseconds - now.milliseconds + 999) / 1000) }
  }

  /// End and reason, to follow `You are banned`: ` until 2026-11-20 20:11 UTC (1 h 59 min left): spam.`
  package func terms(at now: Timestamp) -> String {
    let because = reason.isEmpty ? "." : ": \(reason)"
    guard let until, let left = left(at: now) else { return because }
    return " until \(until.words) UTC (\(left) left)\(because)"
  }
}

/// An internet address or a CIDR block: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` (RFC 4632, RFC 4291).
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.7`) is the IPv4 address. `description` is canonical (RFC 5952 for
/// IPv6).
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
  package enum Family: Sendable {
    case v4, v6

    /// Of an address.
    package var bits: Int { self == .v4 ? 32 : 128 }
  }

  package let family: Family
  /// The prefix, in the highest bits; all others are 0.
  package let prefix: UInt128
  /// The length of the prefix in bits.
  package let length: Int

  /// Clears the bits of `address` after the first `length`, which is within the family's.
  package init(_ family: Family, address: UInt128, length: Int) {
    precondition(0...family.bits ~= length, "an address has no such bit")
    self.family = family
    self.length = length
    prefix = length == 0 ? 0 : address & (UInt128.max << (128 - length))
  }

  /// Reads `ADDRESS` or `ADDRESS/BITS`; nil for anything else. Clears the bits after the prefix.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let (family, address) = AddressBlock.address(parts[0]) else { return nil }
    var length = family.bits
    if parts.count == 2 {
      guard let number = AddressBlock.number(parts[1], digitsMax: 3), number <= family.bits else { return nil }
      length = number
    }
    if family == .v6 {
      self.init(unmapping: address, length: length)
    } else {
      self.init(family, address: address, length: length)
    }
  }

  /// An IPv6 block, or the IPv4 block that it maps.
  package init(unmapping address: UInt128, length: Int = 128) {
    if length >= 96, address >> 32 == AddressBlock.mapped {
      self.init(.v4, address: address << 96, length: length - 96)
    } else {
      self.init(.v6, address: address, length: length)
    }
  }

  /// What a text like `10.1.2.3/8` may mean: the network or the address. nil for any other text.
  package static func meanings(ofAmbiguous text: String) -> (network: AddressBlock, address: AddressBlock)? {
    guard let slash = text.firstIndex(of: "/"), let network = AddressBlock(text),
      let address = AddressBlock(String(text[..<slash])), address.prefix != network.prefix
    else { return nil }
    return (network, address)
  }

  /// Whether every address of the other block is in this one.
  package func contains(_ other: AddressBlock) -> Bool {
    family == other.family && length <= other.length && other.truncated(to: length) == self
  }

  /// Whether an address is in both.
  package func overlaps(_ other: AddressBlock) -> Bool { contains(other) || other.contains(self) }

  /// The block of `length` bits that contains this one; `length` is at most its own.
  package func truncated(to length: Int) -> AddressBlock { AddressBlock(family, address: prefix, length: length) }

  /// Whether it is a single address.
  package var isAddress: Bool { length == family.bits }

  package var description: String {
    let text = family == .v4 ? v4Text : v6Text
    return isAddress ? text : "\(text)/\(length)"
  }

  private var v4Text: String {
    stride(from: 120, to: 95, by: -8).map { "\(prefix >> $0 & 0xFF)" }.joined(separator: ".")
  }

  private var v6Text: String {
    let groups = stride(from: 112, to: -1, by: -16).map { prefix >> $0 & 0xFFFF }
    // The longest run of zeros, the first of several; a single zero is written.
    var gap = 0..<0
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > max(1, gap.count) { gap = start..<end }
      start = max(end, start + 1)
    }
    func text(_ groups: ArraySlice<UInt128>) -> String { groups.map { String($0, radix: 16) }.joined(separator: ":") }
    return gap.isEmpty ? text(groups[...]) : "\(text(groups[..<gap.lowerBound]))::\(text(groups[gap.upperBound...]))"
  }

  // MARK: - Reading

  /// The prefix of IPv4-mapped addresses.
  private static let mapped: UInt128 = 0xFFFF

  private static func address(_ text: Substring) -> (Family, UInt128)? {
    if text.contains(":") { return v6(text).map { (.v6, $0) } }
    return v4(text).map { (.v4, $0 << 96) }
  }

  /// Four numbers without leading zeros, which some programs read as octal.
  private static func v4(_ text: Substring) -> UInt128? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt128 = 0
    for part in parts {
      guard let number = number(part, digitsMax: 3), number <= 255 else { return nil }
      address = address << 8 | UInt128(number)
    }
    return address
  }

  /// Eight groups; `::` is a run of zeros, and the last two can be written as an IPv4 address.
  private static func v6(_ text: Substring) -> UInt128? {
    guard let gap = text.firstRange(of: "::") else { return groups(text).flatMap { $0.count == 8 ? joined($0) : nil } }
    guard let before = groups(text[..<gap.lowerBound], mayEndInV4: false), let after = groups(text[gap.upperBound...]),
      before.count + after.count < 8
    else { return nil }
    return joined(before + [UInt128](repeating: 0, count: 8 - before.count - after.count) + after)
  }

  private static func joined(_ groups: [UInt128]) -> UInt128 { groups.reduce(0) { $0 << 16 | $1 } }

  private static func groups(_ text: Substring, mayEndInV4: Bool = true) -> [UInt128]? {
    guard !text.isEmpty else { return [] }
    var groups: [UInt128] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if mayEndInV4, index == parts.count - 1, part.contains("."), let address = v4(part) {
        groups += [address >> 16, address & 0xFFFF]
        continue
      }
      // No sign, which the initializer would take.
      guard (1...4).contains(part.utf8.count), part.first?.isHexDigit == true, let group = UInt128(part, radix: 16)
      else {
        return nil
      }
      groups.append(group)
    }
    return groups
  }

  private static func number(_ text: Substring, digitsMax: Int) -> Int? {
    let isWritten = (1...digitsMax).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit)
    guard isWritten, text.utf8.count == 1 || text.first != "0" else { return nil }
    return Int(text)
  }
}

extension AddressBlock {
  /// The loopback addresses.
  private static let loopback = [
    AddressBlock(.v4, address: 127 << 120, length: 8), AddressBlock(.v6, address: 1, length: 128),
  ]

  /// Whether the block contains loopback addresses.
  package var coversLoopback: Bool { AddressBlock.loopback.contains { overlaps($0) } }
}
