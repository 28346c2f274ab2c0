import Text

/// The name of a shared file: one component, only ever shown. Nothing on the server is called so, and whoever receives the file
/// looks at it again before anything there is.
package struct FileName: Equatable, Sendable, CustomStringConvertible {
  package static let bytesMax = 255

  package let text: String

  /// nil for what is no name: nothing, too long, with a slash, `.` or `..`, or with what `CleanText` would replace.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard !bytes.isEmpty, bytes.count <= FileName.bytesMax, !bytes.contains(UInt8(ascii: "/")), text != ".",
      text != "..",
      CleanText.string(from: text) == text
    else { return nil }
    self.text = text
  }

  package var description: String { text }

  /// What a person is told whose name does not fit, after `A file's name has`.
  package static let rule = "1 to 255 bytes and no slash"

  /// The name where a shell takes it as it stands: one word of letters, digits, `.`, `_` and `-`, with no dash or dot first. Any
  /// other character becomes `_`.
  package static func shellWord(of name: String) -> String {
    let word = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { scalar in
          let isPlain =
            scalar.isASCII && (UInt8(scalar.value).isASCIILetterOrDigit || "._-".unicodeScalars.contains(scalar))
          return isPlain ? scalar : "_"
        }))
    return word.first == "-" || word.first == "." ? "_" + word.dropFirst() : word
  }
}
