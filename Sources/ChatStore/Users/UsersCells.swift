import ChatCore
import ChatProtocol

/// What an account's cells in `users.csv` say.
enum UsersCells {
  static func text(_ column: UsersColumns.Column, _ account: Account) -> String {
    switch column {
    case .name: account.name.text
    case .password: account.password
    case .role: account.role.rawValue
    case .status: account.status.rawValue
    case .email: account.email?.text ?? ""
    case .created: account.created?.description ?? ""
    }
  }

  /// Whether an empty cell, or no column at all, would say the same.
  static func isDefault(_ column: UsersColumns.Column, _ account: Account) -> Bool { says("", column, account) }

  /// Whether the cell as it stands says what the account holds, in whatever words.
  static func says(_ cell: String, _ column: UsersColumns.Column, _ account: Account) -> Bool {
    switch column {
    case .name: cell == account.name.text
    case .password: cell == account.password
    case .role: cell.isEmpty ? account.role == .user : cell == account.role.rawValue
    case .status: cell.isEmpty ? account.status == .active : cell == account.status.rawValue
    case .email: cell == account.email?.text ?? ""
    case .created: cell.isEmpty ? account.created == nil : Timestamp(written: cell) == account.created
    }
  }
}
