package import ChatProtocol

/// What the core starts from: what the store read from the files.
package struct InitialState: Equatable, Sendable {
  package var settings: Settings
  package var accounts: Accounts
  package var rooms: [RoomRecord]
  package var users: PackedTable<UserState>
  package var mail: [Mail]
  package var restrictions: [Restriction]
  package var files: [FileRecord]
  /// Greater than every id that was ever given out.
  package var nextID: MessageID
  package var clockSteps: ClockSteps
  /// By how many milliseconds the wall clock was set between the last save and the start, as far as can be told; 0 where it was
  /// not.
  package var clockSet_ms: Int64
  /// A crypt(5) string as costly as a new password's that no password fits: a login to a name that does not exist
  /// is checked against it, so that it takes as long as any other.
  package var decoyHash: String

  package init(
    settings: Settings = Settings(), accounts: Accounts = [], rooms: [RoomRecord] = [],
    users: PackedTable<UserState> = [],
    mail: [Mail] = [], restrictions: [Restriction] = [], files: [FileRecord] = [], nextID: MessageID = 1,
    clockSteps: ClockSteps = ClockSteps(), clockSet_ms: Int64 = 0, decoyHash: String
  ) {
    self.settings = settings
    self.accounts = accounts
    self.rooms = rooms
    self.users = users
    self.mail = mail
    self.restrictions = restrictions
    self.files = files
    self.nextID = nextID
    self.clockSteps = clockSteps
    self.clockSet_ms = clockSet_ms
    self.decoyHash = decoyHash
  }
}
