import Glibc
import POSIX

/// The check of a data folder that no server is using. This program knows none of the files, so the server's does it.
struct OfflineCheck {
  /// The path of `chat-server`.
  var program: String

  struct Findings {
    /// `FILE:LINE: what is wrong, and how to mend it`; `FILE:LINE: warning: …` for what keeps no server from starting.
    var lines: [String] = []
    /// Whether a server starts with the folder.
    var isFit: Bool

    static func isWarning(_ line: String) -> Bool { line.contains(": warning: ") }
  }

  /// What is wrong in the folder, its path taken out of that where `hidesPath`.
  func findings(in folder: String, hidesPath: Bool = false) throws(AdminError) -> Findings {
    let (status, output) = try run(folder)
    var lines = output.split(separator: "\n").map(String.init)
    if hidesPath { lines = lines.map { $0.replacing("\(folder)/", with: "") } }
    switch ExitStatus(rawValue: status) {
    // Where it warns of nothing either, it says just that.
    case .success?: return Findings(lines: lines.filter(Findings.isWarning), isFit: true)
    case .data?: return Findings(lines: lines, isFit: false)
    case let other:
      throw AdminError(
        other ?? .software, "\(program) --check could not check \(folder) and ended with status \(status)")
    }
  }

  private func run(_ folder: String) throws(AdminError) -> (status: Int32, output: String) {
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
      throw AdminError(
        .unavailable,
        "no server is running on the data folder \(folder), and there is no \(program) to check it with; where "
          + "chat-server is installed, run: chat-server --check --data \(shellQuoted(folder))")
    } catch {
      throw AdminError(
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
