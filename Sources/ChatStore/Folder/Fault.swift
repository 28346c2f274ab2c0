import ChatProtocol
import Text

/// What is wrong in a file of the data folder, for the person who edits it.
package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path below the data folder as the user named that: `data/users.csv`.
  package var file: String
  /// Where the faulty record begins, counted from 1; nil where there is no file that has lines.
  package var line: Int?
  /// What is wrong, and how to mend it: one sentence without a line break and without a secret.
  package var problem: String
  /// A server starts with it all the same: it is told, and nothing is refused for it.
  package var isWarning: Bool

  package init(file: String, line: Int?, problem: String, isWarning: Bool = false) {
    self.file = file
    self.line = line
    self.problem = problem
    self.isWarning = isWarning
  }

  package var description: String { "\(place) \(isWarning ? "warning: " : "")\(problem)" }

  /// For a line that says in another way whether it is a warning.
  var withoutSeverity: String { "\(place) \(problem)" }

  private var place: String { "\(file):\(line.map { "\($0):" } ?? "")" }
}

extension Fault {
  /// A name that nobody here understands is kept and ignored; one that is nearly one of ours was meant to be that.
  static func misspelt(_ name: String, among known: [String], file: String, line: Int) -> Fault? {
    guard !known.contains(name), let nearest = Spelling.nearest(to: name, among: known) else { return nil }
    return Fault(
      file: file, line: line,
      problem: "\(quotedUnlessSecret(name)) is unknown and ignored; did you mean \"\(nearest)\"?", isWarning: true)
  }
}

/// Quotes what stands where something else belongs, unless it may be a password: columns get swapped, and a fault is shown
/// and logged. Those begin with `plain:` or, hashed, with `$`, or are longer than any name.
func quotedUnlessSecret(_ text: String) -> String {
  let written = text.drop { $0 == " " || $0 == "\t" }
  let mayBeSecret =
    written.hasPrefix("$") || written.prefix(PasswordRule.plainPrefix.count).lowercased() == PasswordRule.plainPrefix
    || text.utf8.count > Name.lengthMax
  return mayBeSecret ? "(not shown: it may be a password in the wrong place)" : quoted(text)
}

/// Quotes what stands in a file for a fault: shortened, and without anything that a terminal obeys.
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
