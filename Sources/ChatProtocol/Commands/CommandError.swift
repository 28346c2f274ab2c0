/// A line that could not be understood, or a command that was refused: becomes the one `error` reply to it.
package struct CommandError: Error, Equatable, Sendable {
  /// The command's name without its slash; `message` for a line that is no command.
  package var command: String
  package var code: ErrorCode
  /// A sentence that says what to do.
  package var message: String

  package init(command: String, code: ErrorCode, message: String) {
    self.command = command
    self.code = code
    self.message = message
  }
}
