import ChatProtocol

/// Random bytes that the loop drew, for tokens and passwords.
struct EntropyPool: Sendable {
  /// What a token or a password takes.
  static let bytesPerSecret = 16

  /// The tokens and passwords that one input needs, at most.
  static let secretsPerInput = 4

  private var bytes: [UInt8] = []

  var isLow: Bool { bytes.count < EntropyPool.bytesPerSecret * EntropyPool.secretsPerInput }

  mutating func add(_ new: [UInt8]) { bytes += new }

  mutating func take() -> [UInt8] {
    precondition(bytes.count >= EntropyPool.bytesPerSecret, "the loop refills the pool before each input")
    defer { bytes.removeLast(EntropyPool.bytesPerSecret) }
    return bytes.suffix(EntropyPool.bytesPerSecret)
  }

  /// A token of 128 bits in hexadecimal.
  mutating func token() -> Secret {
    let digits = Array("0123456789abcdef")
    return Secret(String(take().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }))
  }

  /// A password of 80 bits that can be read out over a telephone: four groups of four, without characters that look alike
  /// (l, o, 0, 1).
  mutating func password() -> Secret {
    // 32 of them, so that five bits choose one evenly.
    let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
    let text = take().map { letters[Int($0 & 31)] }
    return Secret(stride(from: 0, to: text.count, by: 4).map { String(text[$0..<$0 + 4]) }.joined(separator: "-"))
  }
}

extension Core {
  /// Whether the loop is to give an `Input.entropy` before the next input.
  package var needsEntropy: Bool { entropy.isLow && !isStopping }
}
