package import ChatProtocol

/// The changes of a hand edit of the files while the server runs, as the store found them.
///
/// Each change has the row that the server last read or wrote, and the row that is in the file now. Fields equal in
/// both were not edited, so a change by the server that the file did not show yet is kept.
package struct Edit: Equatable, Sendable {
  package struct Change<Row: Equatable & Sendable>: Equatable, Sendable {
    package var name: Name
    /// nil: there was no row.
    package var was: Row?
    /// nil: the row was removed.
    package var now: Row?
    /// Whether the journal contains changes of the row, which the edit could revert: then the journal must have this
    /// change too.
    package var isRecent: Bool

    package init(name: Name, was: Row?, now: Row?, isRecent: Bool = false) {
      self.name = name
      self.was = was
      self.now = now
      self.isRecent = isRecent
    }
  }

  /// A row that the server keeps, because the edit may be based on an older version of it.
  package struct Kept: Equatable, Sendable {
    package var name: Name
    /// The changes that the edit would make if it were based on the latest version.
    package var fields: [String]

    /// Used as fields if the row is missing in the edit, or was removed by the server.
    package static let removal = "removal"
    package static let addition = "addition"

    package init(_ name: Name, _ fields: [String]) {
      self.name = name
      self.fields = fields
    }
  }

  /// Further remarks about the edit of one file.
  package struct EditWarnings: Equatable, Sendable {
    package var kept: [Kept] = []
    /// The file in which the rows removed by the edit were saved; nil if it removed none.
    package var removed: String?
    /// Warnings about probable mistakes, for the log.
    package var warnings: [String] = []

    package init() {}
  }

  /// The store's number of the edit, returned in `Record.edited`.
  package var number: UInt64
  package var accounts: Pieces<Change<Account>>
  package var rooms: Pieces<Change<RoomRecord>>
  package var accountRemarks = EditWarnings()
  package var roomRemarks = EditWarnings()
  /// The new settings in force; nil if they were not changed.
  package var settings: Settings?
  /// The new message of the day, empty if there is none now; nil if it was not changed.
  package var motd: [String]?
  /// Changed settings that apply only from the next start, by their names in the file.
  package var settingsForRestart: [String]
  /// The control requests that asked for a reload, and their errors: every edit that is not applied,
  /// as `FILE:LINE: what is wrong`.
  package var askedBy: [ControlID]
  package var faults: [String]

  package init(
    number: UInt64 = 0, accounts: [Change<Account>] = [], rooms: [Change<RoomRecord>] = [], settings: Settings? = nil,
    motd: [String]? = nil, settingsForRestart: [String] = [], askedBy: [ControlID] = [], faults: [String] = []
  ) {
    self.number = number
    self.accounts = Pieces(accounts)
    self.rooms = Pieces(rooms)
    self.settings = settings
    self.motd = motd
    self.settingsForRestart = settingsForRestart
    self.askedBy = askedBy
    self.faults = faults
  }

  /// Whether rows changed, so that the store waits for `Record.edited`.
  package var changesRows: Bool { !accounts.isEmpty || !rooms.isEmpty }

  /// Whether the server keeps rows that the edit lacks or has changed.
  package var keepsRows: Bool { !accountRemarks.kept.isEmpty || !roomRemarks.kept.isEmpty }

  /// Whether there is something to warn of.
  package var hasWarnings: Bool { !accountRemarks.warnings.isEmpty || !roomRemarks.warnings.isEmpty }
}
