extension Dialect {
  /// Appends an event as this dialect writes it: whole lines with their LF, or nothing where the dialect passes over
  /// it. `time` is when it happened.
  package func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    switch self {
    case .text: TextDialect.encode(event, at: time, into: &bytes)
    case .json: JSONDialect.encode(event, at: time, into: &bytes)
    }
  }
}

extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}
