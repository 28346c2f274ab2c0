package import JSON

/// A setting of the server.
package struct ControlSetting: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([String])
  }

  /// As in `settings.json`.
  package var name: String
  /// The value in force.
  package var value: Value
  package var standard: Value

  package init(_ name: String, _ value: Value, standard: Value) {
    self.name = name
    self.value = value
    self.standard = standard
  }
}

extension ControlSetting: CodedRecord {
  package static let meaning = "a setting"
  package static let blank = ControlSetting("", .flag(false), standard: .flag(false))

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("name", &name)
    try coder.field("value", &value)
    try coder.field("default", &standard)
  }
}

extension ControlSetting.Value: FieldValue, CustomStringConvertible {
  package static var expected: String { "a text, a number, true, false or a list of texts" }

  package static func read(_ value: JSONValue) throws(CodingError) -> Self? {
    if let texts = try [String].read(value) { return .list(texts) }
    return value.string.map { .text($0) } ?? value.int.map { .number($0) } ?? value.bool.map { .flag($0) }
  }

  package var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .number(let number): .int(number)
    case .flag(let isOn): .bool(isOn)
    case .list(let texts): texts.json
    }
  }

  package var description: String {
    switch self {
    case .text(""), .list([]): "none"
    case .text(let text): text
    case .number(let number): "\(number)"
    case .flag(let isOn): "\(isOn)"
    case .list(let texts): texts.joined(separator: ", ")
    }
  }
}
