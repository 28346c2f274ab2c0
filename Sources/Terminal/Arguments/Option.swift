/// An option that a program knows, by its name without the dashes. A program declares its options as a list; the parser,
/// its errors and its suggestions follow from that.
package struct Option: Hashable, Sendable {
  package let name: String

  /// What the value is called in a usage line (`DIR`, `ADDRESS`); nil for a flag, which has none.
  package let placeholder: String?

  /// A flag that is written often may be given by one letter, `-f` for `--follow`; nil where there is none.
  package let letter: Character?

  /// An option that is there or not: `--json`.
  package static func flag(_ name: String, letter: Character? = nil) -> Option {
    Option(name: name, placeholder: nil, letter: letter)
  }

  /// An option with a value: `--data DIR` or `--data=DIR`.
  package static func value(_ name: String, _ placeholder: String) -> Option {
    Option(name: name, placeholder: placeholder, letter: nil)
  }

  package func isGiven(byLetter word: String) -> Bool { letter.map { word == "-\($0)" } ?? false }
}
