import ChatProtocol
import POSIX

/// Names for what is kept beside a file: `users.csv.edited-20261120T201102Z`.
enum BesideName {
  /// A time that sorts as text and that every file system takes in a name.
  static func stamp(_ time: Timestamp) -> String {
    String(time.description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
  }

  /// The names to try, in order: the stamp alone, then numbered, for those of one second.
  private static func candidates(_ prefix: String, _ time: Timestamp) -> some Sequence<String> {
    (1...1000).lazy.map { number in
      let name = "\(prefix)-\(stamp(time))"
      return number == 1 ? name : "\(name)-\(number)"
    }
  }

  /// Makes a new file and has it filled; its path.
  static func create(
    _ prefix: String, _ time: Timestamp, _ fill: (borrowing FileDescriptor) throws(Errno) -> Void
  ) throws(Errno) -> String {
    var failure = Errno.fileExists
    for path in candidates(prefix, time) where failure == .fileExists {
      do throws(Errno) {
        let descriptor = try File.open(path, [.writeOnly, .create, .exclusive])
        try fill(descriptor)
        return path
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// Gives a file a new name beside; the path.
  static func move(_ old: String, to prefix: String, _ time: Timestamp) throws(Errno) -> String {
    var failure = Errno.fileExists
    for path in candidates(prefix, time) where failure == .fileExists {
      do throws(Errno) {
        try File.renameWithoutReplacing(old, to: path)
        return path
      } catch {
        failure = error
      }
    }
    throw failure
  }
}
