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
