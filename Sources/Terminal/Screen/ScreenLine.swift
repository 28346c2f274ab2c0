/// A line of a full screen, and how it looks.
package struct ScreenLine: Equatable, Sendable {
  /// Harmless to a terminal.
  package var text: String
  package var style: Style

  package init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}
