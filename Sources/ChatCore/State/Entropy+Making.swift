import ChatProtocol

extension Entropy {
  /// A token of 128 bits in hexadecimal.
  var token: Secret {
    precondition(bytes.count >= 16, "a token needs 16 random bytes")
    let digits = Array("0123456789abcdef")
    var text = ""
    for byte in bytes.prefix(16) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return Secret(text)
  }

  /// A password of 80 bits that can be read out over a telephone: four groups of four, without the
  /// characters that are mistaken for one another (l, o, 0, 1).
  var password: Secret {
    precondition(bytes.count >= 32, "a password needs the second 16 of 32 random bytes")
    var groups: [String] = []
    for group in 0..<4 {
      groups.append(String(bytes[(16 + group * 4)..<(20 + group * 4)].map { Entropy.letters[Int($0 & 31)] }))
    }
    return Secret(groups.joined(separator: "-"))
  }

  /// 32 of them, so that five bits choose one evenly.
  private static let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
}
