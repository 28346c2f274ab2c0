/// What `--complete` prints, one a line: the words that may stand next on a command line. The completion scripts of the shells
/// hand over what was typed and know nothing themselves, so that they never go stale.
struct ShellCompletion {
  /// What stands for "a file or folder": the shell knows those, with its `~` and its quotes. No candidate is like it.
  static let path = "/"
  /// Nobody chooses among more names.
  private static let names_max = 1000

  private let completion: Completion

  /// `typed` is what stands of the word before the cursor, and `before` the words in front of it.
  init(_ typed: String, after before: [String]) { completion = Completion(typed, after: before) }

  /// Where no server answers there are no names, and nothing is said about it: a line is being typed.
  func lines(from program: inout AdminProgram, _ options: AdminOptions) -> [String] {
    switch completion.subject {
    case nil: return completion.words
    case .path?: return completion.words + [Self.path]
    case let subject?:
      let live = LiveNames(subject, for: completion, from: &program, options, names_max: Self.names_max)
      // A shell types what all have in common, of which the first few of many tell nothing.
      return completion.words + (live.isCut ? [] : completion.matching(live.names))
    }
  }
}
