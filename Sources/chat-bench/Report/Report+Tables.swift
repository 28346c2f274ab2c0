import Terminal

extension Report {
  /// For people: a table for each kind of figures, then the ratios.
  var lines: [String] {
    var lines = [
      "\(surroundings.server), \(surroundings.build) build, \(surroundings.cores) cores, Linux \(surroundings.kernel)"
    ]
    if surroundings.quick { lines.append("Small and short: this shows that all works, and is nothing to judge by.") }
    var rest = results[...]
    while let first = rest.first {
      let keys = first.figures.map(\.key)
      let group = rest.prefix { $0.figures.map(\.key) == keys }
      rest = rest.dropFirst(group.count)
      lines += [""] + table(of: Array(group)).lines()
    }
    if !ratios.isEmpty { lines += [""] + ratioTable.lines() }
    if !failures.isEmpty { lines += [""] + failures.map { "\($0.name) failed: \($0.reason)" } }
    return lines
  }

  private func table(of results: [CaseResult]) -> Table {
    let hasVariants = results.contains { !$0.variant.isEmpty }
    var table = Table(
      [.whole("CASE"), .whole("SERVER")] + (hasVariants ? [.whole("WITH")] : [])
        + results[0].figures.map { .number($0.heading) })
    for result in results {
      table.append(
        [result.name, result.subject] + (hasVariants ? [result.variant] : []) + result.figures.map(\.text))
    }
    return table
  }

  private var ratioTable: Table {
    Table(
      [.whole("CASE"), .whole("FIGURE"), .whole("OF"), .whole("TO"), .number("RATIO")],
      rows: ratios.map { [$0.name, $0.figure.key, $0.subject, $0.other, Figure.text($0.value, digits: 2)] })
  }
}
