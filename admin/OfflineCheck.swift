import Glibc
import POSIX

/// The check of a data folder that no server is using. This program knows none of the files, so the server's does it.
struct OfflineCheck {
  /// The path of `chat-server`.
  var program: String

  /// What is wrong in the folder, as `FILE:LINE: what is wrong, and how to mend it`.
  func faults(of folder: String) throws(AdminFailure) -> [String] {
    let (status, output) = try run(folder)
    switch ExitStatus(rawValue: status) {
    case .success?: return []
    case .data?: return output.split(separator: "\n").map(String.init)
    case let other:
      throw AdminFailure(
        other ?? .software, "\(program) --check could not check \(folder) and ended with status \(status)")
    }
  }

  private func run(_ folder: String) throws(AdminFailure) -> (status: Int32, output: String) {
    do throws(Errno) {
      let nothing = try File.open("/dev/null", .readOnly)
      let running = try start(folder, nothing)
      var bytes: [UInt8] = []
      while true {
        let more = try running.output.read(upTo: 1 << 16)
        if more.isEmpty { break }
        bytes += more
      }
      return (running.child.wait(), String(decoding: bytes, as: UTF8.self))
    } catch .noSuchFileOrDirectory {
      throw AdminFailure(
        .unavailable,
        "no server is running on the data folder \(folder), and there is no \(program) to check it with; where "
          + "chat-server is installed, run: chat-server --check --data \(shellQuoted(folder))")
    } catch {
      throw AdminFailure(
        .unavailable, "no server is running on the data folder \(folder), and \(program) cannot be run: \(error)")
    }
  }

  /// The writing end is closed here when it has been handed over, so that what is read has an end.
  private func start(
    _ folder: String, _ nothing: borrowing FileDescriptor
  ) throws(Errno) -> Running {
    let pipe = try FileDescriptor.pipe()
    let child = try ChildProcess(
      path: program, arguments: ["--check", "--data", folder],
      ends: [nothing.rawValue, pipe.writing.rawValue, STDERR_FILENO])
    return Running(child: child, output: pipe.reading)
  }

  private struct Running: ~Copyable {
    let child: ChildProcess
    let output: FileDescriptor
  }
}
