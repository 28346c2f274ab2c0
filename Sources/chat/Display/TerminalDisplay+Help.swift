import ChatProtocol
import Terminal
import Text

// Commands: what there is, and what one does.
extension TerminalDisplay {
  /// What is wanted most comes first.
  private static let sections: [(heading: String, section: CommandSection)] = [
    ("talk", .messages), ("rooms", .rooms), ("look", .queries), ("files", .files), ("moderate", .moderation),
    ("account", .account), ("chat", .connection),
  ]
  private static let headingColumns = 11

  /// All commands on less than a screen: what they are called and take, by what they are about.
  func overview(of usages: [CommandUsage]) -> [String] {
    let known = Self.sections.flatMap { heading, section in
      rows(of: usages.filter { ClientCommands.section(of: $0) == section }, under: heading)
    }
    // A server may have more than is known here.
    return known + rows(of: usages.filter { ClientCommands.section(of: $0) == nil }, under: "more")
  }

  /// `  rooms    /join ROOM [PASSWORD]   /leave [ROOM]`, as many in a row as there is room for.
  private func rows(of usages: [CommandUsage], under heading: String) -> [String] {
    guard !usages.isEmpty else { return [] }
    let columnsMax = columns ?? 80
    var rows: [String] = []
    var row = "  " + heading.padded(toColumns: Self.headingColumns)
    let empty = String(repeating: " ", count: row.displayWidth)
    var isEmpty = true
    for usage in usages {
      let text = cleaned(usage.line)
      if !isEmpty, row.displayWidth + 3 + text.displayWidth >= columnsMax {
        rows.append(row)
        (row, isEmpty) = (empty, true)
      }
      row += isEmpty ? text : "   " + text
      isEmpty = false
    }
    return rows + [row]
  }

  func explanation(of usage: CommandUsage) -> [String] {
    var lines = [usage.summary]
    if !usage.aliases.isEmpty { lines.append("also \(usage.aliases.map { "/\($0)" }.joined(separator: ", "))") }
    if let explanation = CommandTable.definition(of: usage.name)?.explanation {
      lines += explanation.split(separator: "\n").map(String.init)
    }
    return lines.map { "  \(cleaned($0))" }
  }
}
