/// What a line editor has to tell whoever it works for.
package enum LineEvent: Equatable, Sendable {
  /// Enter.
  case entered(String)
  /// Several lines were pasted. The first begins with what stood before the cursor; the last is what would stay to be edited,
  /// empty where the paste ends with a line end.
  case pasted([String])
  /// Tab: the line up to the cursor, to be answered by `complete`.
  case completionRequested(String)
  /// Ctrl-C; the line is gone.
  case interrupted
  /// Ctrl-D on an empty line.
  case endOfInput
  /// Ctrl-Z.
  case suspended
}
