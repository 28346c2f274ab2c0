import Glibc

/// The environment that the process was started with, environ(7).
package enum Environment {
  /// The variable's value, possibly empty; nil where it is not set. Nothing in this project changes the environment,
  /// so getenv(3) is safe from any thread.
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The variable's value as a path; nil where it is not set, or not UTF-8: what would be made of it leads elsewhere.
  package static func path(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// Whether the terminal obeys more than ends of lines, as far as TERM says, term(7): not where that is missing.
  package static var hasCapableTerminal: Bool { !["", "dumb", "unknown"].contains(value("TERM") ?? "") }

  /// Whether a terminal may be written to in colours and the like. no-color.org: set and not empty means without.
  package static var allowsStyles: Bool { (value("NO_COLOR") ?? "").isEmpty && hasCapableTerminal }

  /// All of it as `NAME=value` words.
  package static var all: [String] {
    var words: [String] = []
    while let word = unsafe environ[words.count] { words.append(unsafe String(cString: word)) }
    return words
  }
}
