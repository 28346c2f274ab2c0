import POSIX

/// Waits for lines of a server's `chat.log`. The system reports when the file grows.
final class LogReader {
  private static let timeoutMilliseconds: Int32 = 60_000

  private let path: String
  private let watch: FolderWatch
  private let poller: Poller

  init(_ path: String) throws {
    self.path = path
    watch = try FolderWatch()
    poller = try Poller(eventsMax: 1)
    _ = try watch.add(path, .modified)
    try poller.add(watch.rawValue, token: 0, interest: .readable)
  }

  /// The first line that contains `text`, once it is there.
  @discardableResult
  func line(with text: String) throws -> String {
    while true {
      _ = watch.takeAll()
      let lines = String(decoding: try File.readWhole(path), as: UTF8.self).split(separator: "\n")
      if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
      guard try poller.wait(timeoutMilliseconds: LogReader.timeoutMilliseconds, { _ in }) > 0 else {
        throw TestFailure("no line with \"\(text)\" came; last: \(lines.suffix(5))")
      }
    }
  }
}
