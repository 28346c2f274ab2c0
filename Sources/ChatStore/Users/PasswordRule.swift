import ChatProtocol

/// What may stand as a password in `users.csv` and `rooms.json`.
enum PasswordRule {
  /// What `plain:` precedes is a password in clear, to be hashed by the server.
  static let plainPrefix = "plain:"

  /// What is wrong with it and how to mend it, without showing it; nil where nothing is.
  static func problem(_ password: String) -> String? {
    if password == "*" { return nil }
    if password.isEmpty {
      return
        "the password is empty; write plain:SECRET with a secret of at least \(Secret.bytesMin) bytes, or * to lock"
    }
    let bytes = password.utf8
    if password.hasPrefix(plainPrefix) {
      let secret = bytes.dropFirst(plainPrefix.utf8.count)
      if secret.count < Secret.bytesMin {
        return "the password after plain: is too short; it takes at least \(Secret.bytesMin) bytes"
      }
      if secret.count > Secret.bytesMax {
        return "the password after plain: is too long; it takes at most \(Secret.bytesMax) bytes"
      }
      if !secret.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) {
        return "the password after plain: holds a space or a control character; take it out, nobody could type it"
      }
      return nil
    }
    if isCryptString(bytes) { return nil }
    if password.hasPrefix("!") { return "the password begins with !; to lock, write * alone" }
    return "the password is no crypt(5) string; write plain: before it and the server hashes it"
  }

  /// crypt(5): `$` and a method, BSDi's `_` with 19 characters more, or 13 characters of traditional DES.
  private static func isCryptString(_ bytes: String.UTF8View) -> Bool {
    guard let first = bytes.first else { return false }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "\\"): return false
      case 0x21...0x7E: continue
      default: return false
      }
    }
    if first == UInt8(ascii: "$") { return bytes.count > 3 && bytes.dropFirst(2).contains(UInt8(ascii: "$")) }
    func isCryptDigit(_ byte: UInt8) -> Bool {
      byte.isASCIILetterOrDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
    }
    if first == UInt8(ascii: "_") { return bytes.count == 20 && bytes.dropFirst().allSatisfy(isCryptDigit) }
    return bytes.count == 13 && bytes.allSatisfy(isCryptDigit)
  }
}
