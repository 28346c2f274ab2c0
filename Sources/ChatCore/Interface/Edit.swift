package import ChatProtocol

/// What somebody changed by hand in the files while the server ran, as the store found it.
///
/// Each change says what the server had read or written there, and what stands there now. What is the same in both was
/// not touched by the person, so that a change of the server's own which the file did not show yet stays.
package struct Edit: Equatable, Sendable {
  package struct Change<Row: Equatable & Sendable>: Equatable, Sendable {
    package var name: Name
    /// nil: there was none.
    package var was: Row?
    /// nil: it was taken out.
    package var now: Row?
    /// Whether the journal holds changes of the row, which an edit could take back: then it is to hold this one too.
    package var isRecent: Bool

    package init(name: Name, was: Row?, now: Row?, isRecent: Bool = false) {
      self.name = name
      self.was = was
      self.now = now
      self.isRecent = isRecent
    }
  }

  /// A row that stays as the server has it, because the edit may have been made of a version in which it was otherwise.
  package struct Kept: Equatable, Sendable {
    package var name: Name
    /// What the edit would have changed, had it been made of the latest version.
    package var fields: [String]

    /// Stand among the fields where the row is missing in the edit, or was removed by the server.
    package static let removal = "removal"
    package static let addition = "addition"

    package init(_ name: Name, _ fields: [String]) {
      self.name = name
      self.fields = fields
    }
  }

  /// What else there is to tell of the edit of one file.
  package struct EditWarnings: Equatable, Sendable {
    package var kept: [Kept] = []
    /// The file beside, with the rows that the edit took out; nil where it took none.
    package var removed: String?
    /// What is likely to be meant otherwise, for the log.
    package var warnings: [String] = []

    package init() {}
  }

  /// The store's number for it, which comes back in `Record.edited`.
  package var number: UInt64
  package var accounts: Pieces<Change<Account>>
  package var rooms: Pieces<Change<RoomRecord>>
  package var accountRemarks = EditWarnings()
  package var roomRemarks = EditWarnings()
  /// The settings in force from now on; nil where they were not touched.
  package var settings: Settings?
  /// Settings that were changed too and count from the next start only, by their names in the file.
  package var settingsForRestart: [String]
  /// The control requests that asked for a look, and what else they are to be told: every edit that is not taken
  /// over, as `FILE:LINE: what is wrong`.
  package var askedBy: [ControlID]
  package var faults: [String]

  package init(
    number: UInt64 = 0, accounts: [Change<Account>] = [], rooms: [Change<RoomRecord>] = [], settings: Settings? = nil,
    settingsForRestart: [String] = [], askedBy: [ControlID] = [], faults: [String] = []
  ) {
    self.number = number
    self.accounts = Pieces(accounts)
    self.rooms = Pieces(rooms)
    self.settings = settings
    self.settingsForRestart = settingsForRestart
    self.askedBy = askedBy
    self.faults = faults
  }

  /// Whether rows changed, so that the store waits for `Record.edited`.
  package var changesRows: Bool { !accounts.isEmpty || !rooms.isEmpty }

  /// Whether rows stay although the edit left them out or has them otherwise.
  package var keepsRows: Bool { !accountRemarks.kept.isEmpty || !roomRemarks.kept.isEmpty }

  /// Whether there is something to warn of.
  package var hasWarnings: Bool { !accountRemarks.warnings.isEmpty || !roomRemarks.warnings.isEmpty }
}
