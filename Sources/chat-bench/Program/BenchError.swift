import POSIX
import TLS
import Terminal

/// Why a measurement failed.
enum BenchError: Error, CustomStringConvertible {
  case usage(UsageError)
  /// A system call by its name.
  case system(String, Errno)
  case socket(SocketError)
  /// TLS is not possible here.
  case tls(TLSError)
  /// A file or folder that cannot be created or read.
  case file(String, Errno)
  /// A server that did not start, and why.
  case notStarted(String, reason: String)
  /// A client's connection ended or failed.
  case connection(String, String)
  /// The server rejected a client's request; its message.
  case refused(String, String)
  /// There was no progress for a long time.
  case stalled(String)
  case output(Errno)

  var description: String {
    switch self {
    case .usage(let error): error.description
    case .system(let call, .tooManyOpenFiles):
      "\(call): too many open files; raise the limit on descriptors (ulimit -n) or use --quick"
    case .system(let call, let errno): "\(call): \(errno)"
    case .socket(let failure):
      failure.errno == .tooManyOpenFiles
        ? "\(failure.description); raise the limit on descriptors (ulimit -n) or use --quick" : failure.description
    case .tls(let failure): failure.description
    case .file(let path, let errno): "\(path): \(errno)"
    case .notStarted(let program, let reason): "\(program) did not start: \(reason)"
    case .connection(let client, let reason): "the connection of \(client) was lost: \(reason)"
    case .refused(let client, let words): "the server refused \(client): \(words)"
    case .stalled(let state): "there is no progress: \(state)"
    case .output(let errno): "cannot write to standard output: \(errno)"
    }
  }

  var status: ExitStatus {
    switch self {
    case .usage: .usage
    case .system: .internalError
    case .file: .cannotCreate
    case .socket, .tls, .notStarted: .unavailable
    case .connection, .refused, .stalled: .protocolError
    case .output: .inputOutput
    }
  }
}

/// The exit status, in the numbers of sysexits(3).
enum ExitStatus: Int32, CaseIterable {
  case ok = 0
  /// A message was lost. The report is complete.
  case lost = 1
  case usage = 64
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  case protocolError = 76

  var meaning: String {
    switch self {
    case .ok: "measured, nothing lost"
    case .lost: "measured, but a message was lost"
    case .usage: "invalid arguments"
    case .unavailable: "no server, or it did not start"
    case .internalError: "the system failed: out of descriptors or memory"
    case .cannotCreate: "a file cannot be written"
    case .inputOutput: "the figures cannot be written"
    case .protocolError: "the server refused or closed a connection"
    }
  }
}
