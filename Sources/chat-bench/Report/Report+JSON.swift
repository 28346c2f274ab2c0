import JSON

extension Report {
  /// For programs. Keys are only ever added.
  var json: JSONValue {
    [
      "version": 1,
      "server": .string(surroundings.server),
      "machine": ["cores": .int(surroundings.cores), "kernel": .string(surroundings.kernel)],
      "build": .string(surroundings.build),
      "seconds": Figure.json(surroundings.seconds, digits: 3),
      "quick": .bool(surroundings.quick),
      "results": .array(results.map(\.json)),
      "failures": .array(failures.map { ["case": .string($0.name), "reason": .string($0.reason.description)] }),
      "ratios": .array(ratios.map(\.json)),
    ]
  }
}

extension CaseResult {
  fileprivate var json: JSONValue {
    [
      "case": .string(name), "server": .string(subject), "with": variant.isEmpty ? nil : .string(variant),
      "figures": .object(figures.map { JSONMember(name: $0.key, value: $0.json) }),
    ]
  }
}

extension Report.Ratio {
  fileprivate var json: JSONValue {
    [
      "case": .string(name), "figure": .string(figure.key), "of": .string(subject), "to": .string(other),
      "ratio": Figure.json(value, digits: 3),
    ]
  }
}
