import Glibc
import POSIX

/// Checks a data folder that no server uses, by running `chat-server --check`: only the server knows the file formats.
struct FolderCheck {
  /// The path of `chat-server`.
  var program: String

  struct Result {
    /// `FILE:LINE: problem; fix`, or `FILE:LINE: warning: …` for a problem that does not prevent a start.
    var lines: [String]
    /// Whether a server starts with the folder.
    var isValid: Bool
  }

  static func isWarning(_ line: String) -> Bool { line.contains(": warning: ") }

  /// Checks the files of a backup, and leaves the folder's path out of the lines. A certificate is not checked: that of
  /// the settings is outside, and one that has expired is no reason to lose a backup.
  func run(onBackup folder: String) throws(AdminError) -> Result {
    var result = try run(on: folder, ["--without-certificate"])
    result.lines = result.lines.map { $0.replacing("\(folder)/", with: "") }
    return result
  }

  /// `more`: options of the check.
  func run(on folder: String, _ more: [String] = []) throws(AdminError) -> Result {
    let (status, output) = try output(for: folder, more)
    let lines = output.split(separator: "\n").map(String.init)
    switch ExitStatus(rawValue: status) {
    // Without warnings, the program prints that there are none.
    case .success?: return Result(lines: lines.filter(Self.isWarning), isValid: true)
    case .data?: return Result(lines: lines, isValid: false)
    case let other:
      throw AdminError(other ?? .software, "\(program) --check failed for \(folder) with exit status \(status)")
    }
  }

  private func output(for folder: String, _ more: [String]) throws(AdminError) -> (status: Int32, text: String) {
    do throws(Errno) {
      let input = try File.open("/dev/null", .readOnly)
      let running = try start(["--check", "--data", folder] + more, input)
      var bytes: [UInt8] = []
      while true {
        let more = try running.output.read(upTo: 1 << 16)
        if more.isEmpty { break }
        bytes += more
      }
      return (running.child.wait(), String(decoding: bytes, as: UTF8.self))
    } catch .noSuchFileOrDirectory {
      throw AdminError(
        .unavailable,
        "no server is running on the data folder \(folder), and \(program) does not exist to check it; where chat-server "
          + "is installed, run: chat-server --check --data \(shellQuoted(folder))")
    } catch {
      throw AdminError(
        .unavailable, "no server is running on the data folder \(folder), and \(program) cannot be run: \(error)")
    }
  }

  private struct Running: ~Copyable {
    let child: ChildProcess
    let output: FileDescriptor
  }

  /// This process's writing end is closed on return, so that the output ends with the child.
  private func start(_ arguments: [String], _ input: borrowing FileDescriptor) throws(Errno) -> Running {
    let pipe = try FileDescriptor.pipe()
    let child = try ChildProcess(
      path: program, arguments: arguments,
      ends: [input.rawValue, pipe.writing.rawValue, STDERR_FILENO])
    return Running(child: child, output: pipe.reading)
  }
}
