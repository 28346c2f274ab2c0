import CLinux
import Glibc

/// Hashes of secrets as crypt(5) describes them, made and checked by the system's libcrypt. Both take long on purpose
/// (tens of milliseconds and 16 MiB of memory at the usual cost) and may run on any number of threads at once.
package enum Crypt {
  /// The longest secret in bytes, crypt(3).
  package static var secretBytesMax: Int { Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1 }

  /// A new hash with a salt of its own, yescrypt: `$y$…`. `cost` is crypt_gensalt(3)'s count, 1 to 11, each twice the
  /// work of the one before; 0 is the library's choice.
  package static func hash(_ secret: [UInt8], cost: UInt = 0) throws(CryptError) -> String {
    if secret.contains(0) { throw .containsNUL }
    if secret.count > secretBytesMax { throw .tooLong(bytes_max: secretBytesMax) }
    // Without random bytes of ours it takes the kernel's.
    guard let setting = unsafe crypt_gensalt_ra("$y$", cost, nil, 0) else { throw .failed(.current) }
    defer { unsafe free(setting) }
    guard let hash = unsafe crypted(secret, setting: setting) else { throw .failed(.current) }
    return String(decoding: hash, as: UTF8.self)
  }

  package static func hash(_ secret: String, cost: UInt = 0) throws(CryptError) -> String {
    try hash(Array(secret.utf8), cost: cost)
  }

  /// Whether the secret is the one that was hashed, by any method that libcrypt knows. False for what is no hash, `*`
  /// and an empty one included.
  package static func verify(_ secret: [UInt8], against hash: String) -> Bool {
    fits(secret, hash) ?? false
  }

  /// The same, but nil where libcrypt refuses, which it does at once. Else how long it takes depends on the hash's method
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

  package static func verify(_ secret: String, against hash: String) -> Bool {
    verify(Array(secret.utf8), against: hash)
  }

  /// crypt_ra(3) with working memory of its own, wiped before it is given back; nil and errno when it fails.
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
    // The hash stands in the working memory, so it is copied before that goes.
    let copy = unsafe hash.map { hash in unsafe [UInt8](UnsafeRawBufferPointer(start: hash, count: strlen(hash))) }
    if let memory = unsafe memory {
      unsafe explicit_bzero(memory, Int(size))
      unsafe free(memory)
    }
    errno = failure
    return copy
  }
}

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

/// Why a secret could not be hashed.
package enum CryptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// crypt(3) takes a C string: what follows a NUL would count for nothing.
  case containsNUL
  /// crypt(3) takes `bytes_max` bytes.
  case tooLong(bytes_max: Int)
  /// libcrypt refused: no memory, or a cost that it does not know.
  case failed(Errno)

  package var description: String {
    switch self {
    case .containsNUL: "a secret cannot hold a NUL byte"
    case .tooLong(let bytes_max): "a secret can have \(bytes_max) bytes at most"
    case .failed(let errno): "libcrypt cannot hash: \(errno)"
    }
  }
}
