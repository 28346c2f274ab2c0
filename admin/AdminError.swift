import ChatProtocol

/// Why a command was not done: one line for standard error that says what to do, and how the process ends.
struct AdminError: Error, Equatable {
  var status: ExitStatus
  var message: String
  /// What the server called it, where it was the server that refused.
  var code: ControlError.Code?

  init(_ status: ExitStatus, _ message: String, code: ControlError.Code? = nil) {
    self.status = status
    self.message = message
    self.code = code
  }
}
