import POSIX

/// A file's bytes as text.
func text(_ path: String) throws -> String {
  String(decoding: try File.readWhole(path), as: UTF8.self)
}
