import CLinux
import Glibc

/// Password hashes of crypt(5), computed by the system's libcrypt. Hashing takes long on purpose
/// (tens of milliseconds and 16 MiB of memory at the default cost). Any number of threads may call it.
package enum Crypt {
  /// The longest secret in bytes, crypt(3).
  package static var secretBytesMax: Int { Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1 }

  /// A new yescrypt hash, `$y$…`, with a random salt. `cost` is the count of crypt_gensalt(3), 1 to 11: each step doubles
  /// the work. 0 is the library's default.
  package static func hash(_ secret: [UInt8], cost: UInt = 0) throws(CryptError) -> String {
    if secret.contains(0) { throw .containsNUL }
    if secret.count > secretBytesMax { throw .tooLong(bytesMax: secretBytesMax) }
    // Without random bytes of ours it uses the kernel's.
    guard let setting = unsafe crypt_gensalt_ra("$y$", cost, nil, 0) else { throw .failed(.current) }
    defer { unsafe free(setting) }
    guard let hash = unsafe crypted(secret, setting: setting) else { throw .failed(.current) }
    return String(decoding: hash, as: UTF8.self)
  }

  package static func hash(_ secret: String, cost: UInt = 0) throws(CryptError) -> String {
    try hash(Array(secret.utf8), cost: cost)
  }

  /// Whether `hash` is a hash of the secret, by any method of libcrypt. False for text that is no hash, such as `*` or
  /// an empty one.
  package static func verify(_ secret: [UInt8], against hash: String) -> Bool { fits(secret, hash) ?? false }

  package static func verify(_ secret: String, against hash: String) -> Bool {
    verify(Array(secret.utf8), against: hash)
  }

  /// The same, but nil if libcrypt rejects the hash, which it does at once. Otherwise the duration depends on the hash's method
  /// and cost, not on where the secret differs.
  package static func fits(_ secret: [UInt8], _ hash: String) -> Bool? {
    let expected = Array(hash.utf8)
    if secret.contains(0) || secret.count > secretBytesMax || expected.isEmpty || expected.contains(0) { return nil }
    guard let actual = unsafe crypted(secret, setting: hash) else { return nil }
    guard actual.count == expected.count else { return false }
    var difference: UInt8 = 0
    for index in expected.indices { difference |= expected[index] ^ actual[index] }
    return difference == 0
  }

  /// crypt_ra(3) with its own working memory, wiped before it is freed. Nil and errno if it fails.
  private static func crypted(_ secret: [UInt8], setting: UnsafePointer<CChar>) -> [UInt8]? {
    var phrase = secret + [0]
    var memory: UnsafeMutableRawPointer?
    var size: CInt = 0
    let hash = unsafe phrase.withUnsafeMutableBufferPointer { phrase in
      defer { unsafe explicit_bzero(phrase.baseAddress!, phrase.count) }
      return unsafe phrase.withMemoryRebound(to: CChar.self) { phrase in
        unsafe crypt_ra(phrase.baseAddress!, setting, &memory, &size)
      }
    }
    let failure = errno
    // The hash is in the working memory: copied before that is freed.
    let copy = unsafe hash.map { hash in unsafe [UInt8](UnsafeRawBufferPointer(start: hash, count: strlen(hash))) }
    if let memory = unsafe memory {
      unsafe explicit_bzero(memory, Int(size))
      unsafe free(memory)
    }
    errno = failure
    return copy
  }
}

/// Why a secret could not be hashed.
package enum CryptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// crypt(3) takes a C string and would ignore everything after a NUL.
  case containsNUL
  /// crypt(3) takes `bytesMax` bytes.
  case tooLong(bytesMax: Int)
  /// libcrypt failed: no memory, or an unknown cost.
  case failed(Errno)

  package var description: String {
    switch self {
    case .containsNUL: "a secret cannot hold a NUL byte"
    case .tooLong(let bytesMax): "a secret can have \(bytesMax) bytes at most"
    case .failed(let errno): "libcrypt cannot hash: \(errno)"
    }
  }
}

// Recognizing hashes without computing one.
extension Crypt {
  /// A hashing method by the form of its hashes, crypt(5).
  private struct Method {
    let prefix: [UInt8]
    /// How many characters follow the last `$`.
    let length: Int
    /// The least number of `$`.
    let separators: Int

    /// Nil for a method that this system's libcrypt lacks. One that is outdated or cheap still verifies.
    init?(_ prefix: String, length: Int, separators: Int) {
      // It checks only the method.
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

  /// Whether a text has the form of a hash by a method of this system's libcrypt. It hashes nothing, so that
  /// a million can be checked. A hash with invalid parameters may pass; it then matches no secret.
  package static func recognizes(_ hash: String) -> Bool {
    let bytes = hash.utf8.span
    guard let method = method(of: bytes) else { return false }
    var separators = 0
    // How many characters follow the last separator; BSDi's prefix is one.
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

  /// One of the 64 characters that encode six bits each.
  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// crypt(5) forbids these everywhere, because they are syntax in the files that hold hashes.
  private static func isForbidden(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "\\"): true
    case 0x21...0x7E: false
    default: true
    }
  }
}
