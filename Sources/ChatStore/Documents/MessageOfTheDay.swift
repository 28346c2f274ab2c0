import POSIX
import Text

/// `motd.txt`: a text for users who log in. The server never writes it.
struct MessageOfTheDay: Sendable {
  static let bytesMax: Int64 = 8192
  static let linesMax = 40

  private var file: DataFile
  private(set) var lines: [String]
  /// The bytes of the file; nil where there is none.
  private(set) var text: [UInt8]?
  private(set) var rejected: RejectedEdit?

  init(_ file: DataFile, _ lines: [String] = [], text: [UInt8]? = nil) {
    self.file = file
    self.lines = lines
    self.text = text
  }

  /// The lines, cleaned, and the errors of the file.
  static func read(_ bytes: [UInt8], file: String) -> ([String], [FileError]) {
    guard bytes.count <= bytesMax else { return ([], [tooLong(file)]) }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var lines = bytes[start...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return CleanText.string(from: String(decoding: line, as: UTF8.self))
    }
    while let last = lines.last, CleanText.isBlank(last) { lines.removeLast() }
    guard lines.count <= linesMax else {
      let problem = "the message has \(lines.count) lines; \(linesMax) are allowed"
      return ([], [FileError(file: file, line: linesMax + 1, problem: problem)])
    }
    return (lines, [])
  }

  static func tooLong(_ file: String) -> FileError {
    FileError(file: file, line: 1, problem: "the file is longer than \(bytesMax) bytes; shorten it")
  }

  /// Whether a file at the path is too long to be read.
  static func isTooLong(_ path: String) -> Bool {
    guard let status = try? File.statusOfLink(path) else { return false }
    return status.isRegular && status.size > bytesMax
  }

  /// Reads the file after an edit; finds its lines.
  mutating func readEdit(hasEvidence: Bool) -> EditResult<[String]> {
    do throws(Errno) {
      let status = try File.statusOfLink(file.path)
      let identity = DataFile.Identity(status)
      if !hasEvidence {
        if identity == file.known {
          rejected = nil
          return .unchanged
        }
        if rejected?.identity == identity { return .rejected(isNew: false) }
      }
      if Self.isTooLong(file.path) { return reject(identity, [Self.tooLong(file.path)]) }
      guard let (bytes, read) = try file.readSettled() else { return .unsettled }
      let (lines, errors) = Self.read(bytes, file: file.path)
      guard errors.isEmpty else { return reject(read, errors) }
      file.didApplyEdit(read)
      return apply(lines, bytes)
    } catch .noSuchFileOrDirectory {
      file = DataFile(file.path)
      return apply([], nil)
    } catch {
      guard let status = try? File.statusOfLink(file.path) else { return .unchanged }
      let problem = "the file cannot be read: \(error)"
      return reject(DataFile.Identity(status), [FileError(file: file.path, line: 1, problem: problem)])
    }
  }

  private mutating func apply(_ lines: [String], _ text: [UInt8]?) -> EditResult<[String]> {
    rejected = nil
    self.text = text
    if lines == self.lines { return .unchanged }
    self.lines = lines
    return .found(lines)
  }

  private mutating func reject(_ identity: DataFile.Identity, _ errors: [FileError]) -> EditResult<[String]> {
    let isNew = rejected?.errors != errors
    rejected = RejectedEdit(identity: identity, errors: errors)
    return .rejected(isNew: isNew)
  }
}
