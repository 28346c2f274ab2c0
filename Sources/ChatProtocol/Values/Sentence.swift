extension String {
  /// The text to stand within a sentence: without the full stop at its end. An ellipsis stays.
  package var asClause: String { hasSuffix(".") && !hasSuffix("..") ? String(dropLast()) : self }

  /// The text to end a sentence: with a full stop, unless it ends with a mark of its own.
  package var asSentence: String { last.map { ".!?…".contains($0) } ?? true ? self : self + "." }
}
