/// What a person pressed, as far as a line editor tells keys apart.
package enum Key: Hashable, Sendable {
  /// One character or several that came together; nothing in it is a control character.
  case text(String)
  /// Ctrl and a letter or sign, in upper case: Ctrl-A is `control("A")`. Enter, Tab and Backspace have names of their own.
  case control(Unicode.Scalar)
  /// Alt (or Esc before it) and a character.
  case alt(Unicode.Scalar)
  case enter, tab, backspace, delete, escape
  case left, right, up, down, home, end
  /// Ctrl or Alt with an arrow, with Backspace, with Delete.
  case wordLeft, wordRight, wordBackspace, wordDelete
  /// What was pasted, as the terminal marks it (bracketed paste). Its lines end as they came: CR, LF or both.
  case paste(String)
  /// A key that means nothing here.
  case unknown
}
