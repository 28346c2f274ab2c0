/// Which column of `users.csv` is where. Columns are found by name; those that are not ours are kept as they are.
struct UsersColumns: Equatable, Sendable {
  enum Column: String, CaseIterable, Sendable {
    case name, password, role, status, email, created
  }

  /// By the raw order of `Column`; -1 for one that the file does not have.
  private var positions: [Int]
  /// How many columns the header has, unknown ones included.
  private(set) var count: Int

  /// The header of a new file: all of ours.
  static let all = UsersColumns(names: Column.allCases.map(\.rawValue))

  init(names: [String]) {
    positions = Column.allCases.map { column in names.firstIndex(of: column.rawValue) ?? -1 }
    count = names.count
  }

  subscript(column: Column) -> Int? {
    let position = positions[column.index]
    return position < 0 ? nil : position
  }

  /// Whether each cell that says something has a column. Spreadsheets write more commas than needed.
  func hold(_ cells: [CSVScanner.Cell]) -> Bool {
    cells.count <= count || cells[count...].allSatisfy(\.isEmpty)
  }

  /// Puts a column of ours at the end.
  mutating func append(_ column: Column) {
    positions[column.index] = count
    count += 1
  }

  /// What is wrong with a header; nil where nothing is.
  static func problem(ofHeader names: [String]) -> String? {
    if names == [""] || names.allSatisfy(\.isEmpty) {
      return "the header is empty; the first line names the columns: name,password,role,status,email,created"
    }
    // By their bytes: columns that are not ours may differ only in how Unicode composes a letter.
    for (index, name) in names.enumerated()
    where !name.isEmpty && names[..<index].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      return "the column \(quotedUnlessSecret(name)) stands twice in the header; remove or rename one of them"
    }
    let missing = [Column.name, .password].map(\.rawValue).filter { !names.contains($0) }
    guard !missing.isEmpty else { return nil }
    let which = missing.count == 2 ? "columns \"name\" and \"password\" are" : "column \"\(missing[0])\" is"
    let header = "the \(which) missing in the header"
    if names.count == 1, names[0].contains(where: { $0 == ";" || $0 == "\t" }) {
      return "\(header); save the file with commas between the columns"
    }
    if let written = names.first(where: { missing.contains($0.lowercased()) }) {
      return "\(header); write \(quoted(written)) in lower case"
    }
    return "\(header); the first line names the columns: name,password,role,status,email,created"
  }
}

extension UsersColumns.Column {
  var index: Int {
    switch self {
    case .name: 0
    case .password: 1
    case .role: 2
    case .status: 3
    case .email: 4
    case .created: 5
    }
  }
}
