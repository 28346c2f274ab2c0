/// How `chat-bench` ends, in the numbers of sysexits(3).
enum ExitStatus: Int32, CaseIterable {
  case ok = 0
  /// A message was lost: the figures are there, and one of them is bad.
  case lost = 1
  case usage = 64
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  case protocolError = 76

  var meaning: String {
    switch self {
    case .ok: "measured; nothing was lost"
    case .lost: "measured; a message that was sent was not delivered"
    case .usage: "the command line is not understood"
    case .unavailable: "no server there, or it did not start"
    case .internalError: "the system failed: no descriptors, no memory"
    case .cannotCreate: "a file cannot be written"
    case .inputOutput: "the figures cannot be written"
    case .protocolError: "the server refused or closed a connection"
    }
  }
}
