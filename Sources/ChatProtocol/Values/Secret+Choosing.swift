import Text

extension Secret {
  /// What a person is told whose new password does not fit, after "a password has".
  package static let rule = "\(bytesMin) to \(bytesMax) bytes, without spaces or control characters"

  /// A password that is being set from outside a client's line; nil where it breaks the rule. What passes here can be typed
  /// after `/join ROOM` as it is.
  package init?(choosing text: String) {
    guard (Secret.bytesMin...Secret.bytesMax).contains(text.utf8.count), !text.utf8.contains(where: \.isBlank),
      CleanText.string(from: text).utf8.elementsEqual(text.utf8), !text.unicodeScalars.contains("\u{FFFD}")
    else { return nil }
    self.init(text)
  }
}
