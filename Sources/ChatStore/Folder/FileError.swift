import ChatProtocol
import POSIX
import Text

/// An error or warning in a file of the data folder, for the person who edits it.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path, with the data folder as given: `data/users.csv`.
  package var file: String
  /// The line where the entry begins, from 1; nil for what has no lines.
  package var line: Int?
  /// What is wrong and what to write, without a line break and without a secret.
  package var problem: String
  /// Whether a server starts all the same.
  package var isWarning: Bool

  package init(file: String, line: Int?, problem: String, isWarning: Bool = false) {
    self.file = file
    self.line = line
    self.problem = problem
    self.isWarning = isWarning
  }

  package var description: String { "\(place) \(isWarning ? "warning: " : "")\(problem)" }

  /// Without the word `warning`, for output that has its own.
  var withoutSeverity: String { "\(place) \(problem)" }

  private var place: String { "\(file):\(line.map { "\($0):" } ?? "")" }
}

extension FileError {
  /// A warning where an unknown name resembles a known one. Other unknown names are retained and ignored.
  static func misspelt(_ name: String, among known: [String], file: String, line: Int) -> FileError? {
    guard !known.contains(name), let nearest = Spelling.nearest(to: name, among: known) else { return nil }
    return FileError(
      file: file, line: line,
      problem: "\(quotedUnlessSecret(name)) is unknown and ignored; did you mean \"\(nearest)\"?", isWarning: true)
  }
}

/// Quotes an invalid value, unless it may be a password in the wrong column: errors are shown and logged. Passwords begin with
/// `plain:` or, hashed, with `$`, or are longer than any name.
func quotedUnlessSecret(_ text: String) -> String {
  let written = text.drop { $0 == " " || $0 == "\t" }
  let mayBeSecret =
    written.hasPrefix("$") || written.prefix(PasswordRule.plainPrefix.count).lowercased() == PasswordRule.plainPrefix
    || text.utf8.count > Name.lengthMax
  return mayBeSecret ? "(not shown: it may be a password in the wrong place)" : quoted(text)
}

/// Quotes a value for an error, shortened and without control characters.
func quoted(_ text: String) -> String {
  let charactersMax = 40
  var shown = "\""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == charactersMax {
      shown += "…"
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: shown += "\u{FFFD}"
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown + "\""
}

/// The rule for passwords in `users.csv` and `rooms.json`.
enum PasswordRule {
  /// The prefix of a password in plain text, which the server hashes.
  static let plainPrefix = "plain:"

  /// What is wrong with a password, without showing it; nil for a valid one.
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
        return "the password after plain: is too short; write at least \(Secret.bytesMin) bytes"
      }
      if secret.count > Secret.bytesMax {
        return "the password after plain: is too long; write at most \(Secret.bytesMax) bytes"
      }
      if !secret.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) {
        return "the password after plain: contains a space or a control character; remove it"
      }
      return nil
    }
    if Crypt.recognizes(password) { return nil }
    if password.hasPrefix("!") { return "the password begins with !; to lock the account, write * alone" }
    if password.hasPrefix("$") {
      return
        "the password is a crypt(5) string that this system cannot check: it is incomplete, or its method is unknown; "
        + "create another with mkpasswd, or write plain:SECRET, which the server hashes"
    }
    return "the password is not a crypt(5) string; write plain: before it, and the server hashes it"
  }
}
