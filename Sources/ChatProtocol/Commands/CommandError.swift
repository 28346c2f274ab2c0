/// Why a line or a command was refused: the one `error` reply to it.
package struct CommandError: Error, Equatable, Sendable {
  /// The command's name without its slash; `message` for a line that is not a command.
  package var command: String
  package var code: ErrorCode
  /// For people: what happened, then what to do.
  package var message: String

  package init(command: String, code: ErrorCode, message: String) {
    self.command = command
    self.code = code
    self.message = message
  }
}

/// The stable codes of `error` replies. Programs compare them; the message beside the code is for people and may
/// change.
package enum ErrorCode: String, Sendable, CaseIterable {
  // The line itself.
  case emptyLine = "empty-line"
  case lineTooLong = "line-too-long"
  case unknownCommand = "unknown-command"
  case missingArgument = "missing-argument"
  case tooManyArguments = "too-many-arguments"
  case badName = "bad-name"
  case badEmail = "bad-email"
  case badPassword = "bad-password"
  case badNumber = "bad-number"
  case badFormat = "bad-format"

  // Accounts and login.
  case loginFirst = "login-first"
  case alreadyIn = "already-in"
  case nameTaken = "name-taken"
  case emailTaken = "email-taken"
  case wrongPassword = "wrong-password"
  case accountDisabled = "account-disabled"
  case guestsOff = "guests-off"
  case registrationOff = "registration-off"
  case noSuchToken = "no-such-token"
  case accountOnly = "account-only"
  case guestOnly = "guest-only"

  // Rooms and users.
  case noSuchRoom = "no-such-room"
  case roomTaken = "room-taken"
  case roomLocked = "room-locked"
  case roomFull = "room-full"
  case notInRoom = "not-in-room"
  case banned
  case muted
  case notPermitted = "not-permitted"
  case notInLobby = "not-in-lobby"
  case onlyRoom = "only-room"
  case noSuchUser = "no-such-user"
  case notHere = "not-here"
  case inboxFull = "inbox-full"
  case notYourself = "not-yourself"
  case nothingToDo = "nothing-to-do"

  // Files.
  case noSuchFile = "no-such-file"
  case fileTooLarge = "file-too-large"
  case noSpace = "no-space"
  case noSuchTicket = "no-such-ticket"
  case wrongCksum = "wrong-cksum"
  case brokenOff = "broken-off"

  // Limits and failures.
  case tooManyRooms = "too-many-rooms"
  case tooManyAttempts = "too-many-attempts"
  case tooManyRegistrations = "too-many-registrations"
  case busy
  case cannotRecord = "cannot-record"
  case historyUnavailable = "history-unavailable"
}
