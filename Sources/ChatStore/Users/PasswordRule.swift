import ChatProtocol
import POSIX

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
    if Crypt.recognizes(password) { return nil }
    if password.hasPrefix("!") { return "the password begins with !; to lock, write * alone" }
    if password.hasPrefix("$") {
      return "the password is a crypt(5) string that this system cannot check, cut short or of an unknown method; "
        + "make another with mkpasswd, or write plain:SECRET and the server hashes it"
    }
    return "the password is no crypt(5) string; write plain: before it and the server hashes it"
  }
}
