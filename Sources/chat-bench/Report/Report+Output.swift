import JSON
import Terminal

extension Report {
  /// For people: a table for each kind of figures, then the ratios.
  var lines: [String] {
    var lines = [
      "\(context.server), \(context.build) build, \(context.cores) cores, Linux \(context.kernel)"
    ]
    if context.quick { lines.append("Small and short: this shows that everything works. The figures mean nothing.") }
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
        [result.name, result.label] + (hasVariants ? [result.variant] : []) + result.figures.map(\.text))
    }
    return table
  }

  private var ratioTable: Table {
    Table(
      [.whole("CASE"), .whole("FIGURE"), .whole("OF"), .whole("TO"), .number("RATIO")],
      rows: ratios.map { [$0.name, $0.figure.key, $0.target, $0.other, Figure.text($0.value, digits: 2)] })
  }
}

extension Report {
  /// For programs. Keys are only ever added.
  var json: JSONValue {
    [
      "version": 1,
      "server": .string(context.server),
      "machine": ["cores": .int(context.cores), "kernel": .string(context.kernel)],
      "build": .string(context.build),
      "seconds": Figure.json(context.seconds, digits: 3),
      "quick": .bool(context.quick),
      "results": .array(results.map(\.json)),
      "failures": .array(failures.map { ["case": .string($0.name), "reason": .string($0.reason.description)] }),
      "ratios": .array(ratios.map(\.json)),
    ]
  }
}

extension CaseResult {
  fileprivate var json: JSONValue {
    [
      "case": .string(name), "server": .string(target), "tls": .bool(isTLS),
      "with": variant.isEmpty ? nil : .string(variant),
      "figures": .object(figures.map { JSONMember(name: $0.key, value: $0.json) }),
    ]
  }
}

extension Report.Ratio {
  fileprivate var json: JSONValue {
    [
      "case": .string(name), "figure": .string(figure.key), "of": .string(target), "to": .string(other),
      "ratio": Figure.json(value, digits: 3),
    ]
  }
}
