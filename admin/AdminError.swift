import ChatProtocol

/// Why a command failed: one line for standard error that says what to do, and the exit status.
struct AdminError: Error, Equatable {
  var status: ExitStatus
  var message: String
  /// The server's code, if the server refused.
  var code: ControlError.Code?

  init(_ status: ExitStatus, _ message: String, code: ControlError.Code? = nil) {
    self.status = status
    self.message = message
    self.code = code
  }
}

/// The exit statuses of `chat-admin`, as in sysexits.h. Scripts compare them.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case usage = 64
  case data = 65
  case noInput = 66
  case notFound = 67
  case unavailable = 69
  case software = 70
  case cannotCreate = 73
  case inputOutput = 74
  case tryAgain = 75
  case wentAway = 76
  case notPermitted = 77

  init(_ code: ControlError.Code) {
    self =
      switch code {
      case .noSuchRoom, .noSuchUser, .noSuchSession, .noSuchBan, .noSuchFile, .noCertificate, .notHere, .gone:
        .notFound
      case .stopping: .unavailable
      case .roomTaken, .userTaken, .emailTaken, .tooMany: .cannotCreate
      case .notPermitted: .notPermitted
      case .busy: .tryAgain
      case .cannotRecord, .saveFailed, .backupFailed, .cannotRead: .inputOutput
      case .badRequest, .unknown: .software
      }
  }

  /// For the help.
  var help: String {
    switch self {
    case .success: "success"
    case .usage: "invalid arguments"
    case .data: "an invalid name or password, a data file with an error, or a damaged backup"
    case .noInput: "the file to restore is missing or not readable"
    case .notFound: "no such room, user, session, ban, file, id or certificate, or the user is not connected"
    case .unavailable: "no server is running there, the path is not a socket, or the server stopped meanwhile"
    case .software: "the server's answer is not understood"
    case .cannotCreate: "the room, user, address or file exists already, or a limit is reached"
    case .inputOutput: "the server cannot write its records, or a file or the output cannot be written"
    case .tryAgain: "the server is busy or does not answer, or you did not confirm"
    case .wentAway: "the connection to the server was lost"
    case .notPermitted: "not permitted"
    }
  }
}
