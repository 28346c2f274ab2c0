/// What a line editor has to tell whoever it works for.
package enum LineEvent: Equatable, Sendable {
  /// Enter.
  case entered(String)
  /// Several lines came at once. `into` is the line that was being typed, with its cursor where they belong.
  case pasted([String], into: LineText)
  /// Tab: the line up to the cursor, to be answered by `complete`.
  case completionRequested(String)
  /// Ctrl-C; the line is gone.
  case interrupted
  /// Ctrl-D on an empty line.
  case endOfInput
  /// Ctrl-Z.
  case suspended
}
