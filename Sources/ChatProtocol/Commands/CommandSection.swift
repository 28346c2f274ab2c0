/// What commands are about, in the order in which `/help` lists them.
package enum CommandSection: CaseIterable, Sendable {
  case comingIn
  case lookingAround
  case rooms
  case moderation
  case talking
  case files
  case connection

  var definitions: [CommandDefinition] {
    switch self {
    case .comingIn: CommandTable.comingIn
    case .lookingAround: CommandTable.lookingAround
    case .rooms: CommandTable.rooms
    case .moderation: CommandTable.moderation
    case .talking: CommandTable.talking
    case .files: CommandTable.files
    case .connection: CommandTable.connection
    }
  }

  /// The one that the command of this name stands in; nil where there is none.
  package init?(ofCommand name: String) {
    guard let section = Self.allCases.first(where: { $0.definitions.contains { $0.usage.name == name } }) else {
      return nil
    }
    self = section
  }
}
