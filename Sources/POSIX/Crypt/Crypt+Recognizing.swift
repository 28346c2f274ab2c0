import CLinux

extension Crypt {
  /// A method of hashing by the form of its hashes, crypt(5).
  private struct Method {
    /// What its hashes begin with.
    let prefix: [UInt8]
    /// How many characters stand behind the last `$`.
    let length: Int
    /// How many `$` there are at least.
    let separators: Int

    /// nil for a method that this system's libcrypt does not have. One that is out of fashion or cheap still verifies.
    init?(_ prefix: String, length: Int, separators: Int) {
      // It looks at nothing but the method.
      let answer = unsafe crypt_checksalt(prefix)
      if answer == CRYPT_SALT_INVALID || answer == CRYPT_SALT_METHOD_DISABLED { return nil }
      self.prefix = Array(prefix.utf8)
      self.length = length
      self.separators = separators
    }
  }

  private static let methods = [
    Method("$y$", length: 43, separators: 4), Method("$gy$", length: 43, separators: 4),
    Method("$7$", length: 43, separators: 3), Method("$2b$", length: 53, separators: 3),
    Method("$2a$", length: 53, separators: 3), Method("$2x$", length: 53, separators: 3),
    Method("$2y$", length: 53, separators: 3), Method("$6$", length: 86, separators: 3),
    Method("$5$", length: 43, separators: 3), Method("$sm3$", length: 43, separators: 3),
    Method("$sm3y$", length: 43, separators: 4), Method("$sha1$", length: 28, separators: 4),
    Method("$md5", length: 22, separators: 3), Method("$1$", length: 22, separators: 3),
    Method("$3$$", length: 32, separators: 3),
  ].compactMap(\.self)

  /// DES, traditional and BSDi's extended, whose hashes have no `$`.
  private static let traditional = Method("ab", length: 13, separators: 0)
  private static let extended = Method("_", length: 19, separators: 0)

  /// Whether a text has the whole form of a hash, by a method that this system's libcrypt has. Nothing is hashed, so that
  /// a million of them can be looked at; one whose parameters make no sense may still pass, and fits no secret.
  package static func recognizes(_ hash: String) -> Bool {
    let bytes = hash.utf8.span
    guard let method = method(of: bytes) else { return false }
    var separators = 0
    // How much stands behind the last separator; BSDi's prefix is one.
    var length = 0
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == UInt8(ascii: "$") || index == 0 && byte == UInt8(ascii: "_") {
        separators += byte == UInt8(ascii: "$") ? 1 : 0
        length = 0
      } else if isDigit(byte) {
        length += 1
      } else if isForbidden(byte) {
        return false
      } else {
        // Salts and parameters may hold it, the hash itself may not: this makes that too long.
        length = .min / 2
      }
    }
    return length == method.length && separators >= method.separators
  }

  private static func method(of bytes: Span<UInt8>) -> Method? {
    guard bytes.count > 0 else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "$"):
      return methods.first { method in
        method.prefix.count <= bytes.count && method.prefix.indices.allSatisfy { method.prefix[$0] == bytes[$0] }
      }
    case UInt8(ascii: "_"): return extended
    default: return bytes.count == 13 ? traditional : nil
    }
  }

  /// One of the 64 characters that stand for six bits each.
  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// crypt(5) has these nowhere, because they mean something in the files where hashes stand.
  private static func isForbidden(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "\\"): true
    case 0x21...0x7E: false
    default: true
    }
  }
}
