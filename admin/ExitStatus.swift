import ChatProtocol

/// How `chat-admin` ends, in the numbers of sysexits.h. Scripts compare them.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  /// EX_USAGE: the command line was not understood.
  case usage = 64
  /// EX_DATAERR: a name or password that cannot be one, a file of the data folder with a fault, or a backup that
  /// is none or is damaged.
  case data = 65
  /// EX_NOINPUT: the file to be restored is not there, or may not be read.
  case noInput = 66
  /// EX_NOUSER: no such user, room, session or id, or the user is not here.
  case notFound = 67
  /// EX_UNAVAILABLE: no server there, or it has stopped while it was followed.
  case unavailable = 69
  /// EX_SOFTWARE: the two ends do not understand each other.
  case software = 70
  /// EX_CANTCREAT: the room, user or file exists, or a bound is reached.
  case cannotCreate = 73
  /// EX_IOERR: the server cannot record, or a file or its answer cannot be written.
  case inputOutput = 74
  /// EX_TEMPFAIL: the server is busy or does not answer; try again.
  case tryAgain = 75
  /// EX_PROTOCOL: the server went away in mid-command.
  case wentAway = 76
  /// EX_NOPERM: the server's user or root may do this, or nobody.
  case notPermitted = 77
}

extension ExitStatus {
  init(_ code: ControlError.Code) {
    self =
      switch code {
      case .noSuchRoom, .noSuchUser, .noSuchSession, .noSuchBan, .noSuchFile, .notHere, .gone: .notFound
      case .stopping: .unavailable
      case .roomTaken, .userTaken, .emailTaken, .tooMany: .cannotCreate
      case .notPermitted: .notPermitted
      case .busy: .tryAgain
      case .cannotRecord, .saveFailed, .backupFailed, .cannotRead: .inputOutput
      case .badRequest, .unknown: .software
      }
  }
}

extension ExitStatus {
  /// For the help.
  var meaning: String {
    switch self {
    case .success: "done"
    case .usage: "the command line is not understood"
    case .data: "a name or password that cannot be one, a data file with a fault, or a damaged backup"
    case .noInput: "the file to be restored is not there"
    case .notFound: "no such room, user, session, ban or id, or the user is not here"
    case .unavailable: "no server there, or it has stopped while you followed it"
    case .software: "the server's answer is not understood"
    case .cannotCreate: "the room, user, address or file exists already, or a bound is reached"
    case .inputOutput: "the server cannot record, or a file or the answer cannot be written"
    case .tryAgain: "the server is busy or does not answer, or you did not say yes"
    case .wentAway: "the server went away in mid-command"
    case .notPermitted: "not permitted"
    }
  }
}
