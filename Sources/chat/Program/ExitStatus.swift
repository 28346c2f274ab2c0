/// How `chat` ends, in the terms of sysexits.h(3head), so that a script can tell what failed.
enum ExitStatus: Int32, Sendable {
  case ok = 0
  /// The command line makes no sense.
  case usage = 64
  /// Input ended well, but the server refused at least one of its lines.
  case lineRefused = 65
  /// No server there, or it went away.
  case noServer = 69
  /// Standard input or output failed.
  case inputOutput = 74
  /// What answers there does not speak the protocol.
  case protocolFault = 76
  /// The login or the room was refused.
  case notLetIn = 77
}
