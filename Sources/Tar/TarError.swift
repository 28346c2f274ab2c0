/// Why bytes are no archive as this module reads it.
package enum TarError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What should be a header is none.
  case noHeader
  /// A header's checksum does not fit.
  case damagedHeader
  /// A header that this module does not write and does not understand.
  case foreignHeader
  /// Something stands behind the archive's end.
  case notOver

  package var description: String {
    switch self {
    case .noHeader: "what should be a header of a tar archive is none"
    case .damagedHeader: "a header of the tar archive is damaged: its checksum does not fit"
    case .foreignHeader: "a header of the tar archive says what is not understood"
    case .notOver: "something follows behind the end of the tar archive"
    }
  }
}
