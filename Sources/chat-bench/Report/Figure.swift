import JSON

/// One figure of a result.
struct Figure: Equatable {
  /// In the JSON document; its unit stands last in it. Stable.
  let key: String
  /// Over its column.
  let heading: String
  /// Nil where it could not be found out: the process is not known.
  let value: Double?
  /// Behind the point.
  let digits: Int

  init(_ key: String, _ heading: String, _ value: Double?, digits: Int = 0) {
    self.key = key
    self.heading = heading
    self.value = value
    self.digits = digits
  }

  init(_ key: String, _ heading: String, _ value: Int) {
    self.init(key, heading, Double(value))
  }

  /// For a table: `6,114,577`, `0.153`, `-`.
  var text: String { value.map { Figure.text($0, digits: digits) } ?? "-" }

  var json: JSONValue { value.map { Figure.json($0, digits: digits) } ?? .null }

  static func json(_ value: Double, digits: Int) -> JSONValue { JSONValue(.number(decimal(value, digits: digits))) }

  static func text(_ value: Double, digits: Int) -> String {
    let parts = decimal(value, digits: digits).split(separator: ".", maxSplits: 1)
    var whole = ""
    for (place, digit) in parts[0].reversed().enumerated() {
      if place > 0, place % 3 == 0, digit != "-" { whole = "," + whole }
      whole = String(digit) + whole
    }
    return parts.count > 1 ? "\(whole).\(parts[1])" : whole
  }

  private static func decimal(_ value: Double, digits: Int) -> String {
    precondition(value.isFinite && abs(value) < 1e15, "a figure is a number that a person can read")
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let (whole, fraction) = (scaled.magnitude / UInt(scale), scaled.magnitude % UInt(scale))
    let sign = scaled < 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    let text = String(fraction)
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - text.count))\(text)"
  }
}
