// The standard library normalizes to compare strings; what it compares is open to those who ask for it by this name.
@_spi(_Unicode) import Swift

extension String {
  /// The text in Normalization Form C (UAX #15), in which "ä" is one scalar however it was typed.
  package var composed: String {
    utf8.allSatisfy { $0 < 0x80 } ? self : String(String.UnicodeScalarView(_nfc))
  }
}
