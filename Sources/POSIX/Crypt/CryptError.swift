/// Why a secret could not be hashed.
package enum CryptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// crypt(3) takes a C string: what follows a NUL would count for nothing.
  case containsNUL
  /// crypt(3) takes `bytes_max` bytes.
  case tooLong(bytes_max: Int)
  /// libcrypt refused: no memory, or a cost that it does not know.
  case failed(Errno)

  package var description: String {
    switch self {
    case .containsNUL: "a secret cannot hold a NUL byte"
    case .tooLong(let bytes_max): "a secret can have \(bytes_max) bytes at most"
    case .failed(let errno): "libcrypt cannot hash: \(errno)"
    }
  }
}
