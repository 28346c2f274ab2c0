import Glibc

extension File {
  /// mkdir(2); `.fileExists` where the name is taken.
  package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(Errno) {
    _ = try checked { unsafe mkdir(path, mode) }
  }

  /// rmdir(2): an empty folder.
  package static func removeDirectory(_ path: String) throws(Errno) {
    _ = try checked { unsafe rmdir(path) }
  }

  /// fsync(2) of a folder: names made, renamed or removed in it outlast a loss of power from here on. Some file systems, on the
  /// network as a rule, sync no folder (EINVAL): there it is theirs to keep the names.
  package static func syncDirectory(_ path: String) throws(Errno) {
    do throws(Errno) {
      try open(path, .directory).sync(.everything)
    } catch {
      guard [.invalidArgument, .notSupported, .notImplemented].contains(error) else { throw error }
    }
  }

  /// The names in a folder without `.` and `..`, in byte order. A name that is not UTF-8 shows with U+FFFD and leads
  /// nowhere.
  package static func names(inDirectory path: String) throws(Errno) -> [String] {
    try nameBytes(inDirectory: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The same as bytes.
  package static func nameBytes(inDirectory path: [UInt8]) throws(Errno) -> [[UInt8]] {
    guard let stream = unsafe opendir(try cString(path)) else { throw .current }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      // The end and a failure both answer NULL; only errno tells them apart.
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw .current }
        break
      }
      // The name is a C string in an array of fixed size, which Swift sees as a tuple.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
