/// Why a command was not done: one line for standard error that says what to do, and how the process ends.
struct AdminFailure: Error, Equatable {
  var status: ExitStatus
  var message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}
