/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed on any machine, so that a failure that
/// names its seed can be run again.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Random bytes, many of them special characters of line and quote parsers.
  package mutating func tellingBytes(count: Int) -> [UInt8] {
    let telling: [UInt8] = Array("/ \t\r\n#@-\"\\since".utf8) + [0x00, 0x1B, 0x7F, 0x80, 0xC2, 0x85, 0xE2, 0xA8, 0xFF]
    return (0..<count).map { _ in
      Bool.random(using: &self) ? telling.randomElement(using: &self)! : UInt8.random(in: 0...255, using: &self)
    }
  }
}
