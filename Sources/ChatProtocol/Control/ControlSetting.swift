package import JSON

/// A setting of the server: what is in force, and what would be if nobody had set it.
package struct ControlSetting: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
  }

  /// As in `settings.json`.
  package var name: String
  package var value: Value
  package var standard: Value

  package init(_ name: String, _ value: Value, standard: Value) {
    self.name = name
    self.value = value
    self.standard = standard
  }
}

extension ControlSetting.Value: CustomStringConvertible {
  package var description: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .flag(let isOn): "\(isOn)"
    }
  }

  package var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .number(let number): .int(number)
    case .flag(let isOn): .bool(isOn)
    }
  }

  init?(json: JSONValue) {
    if let text = json.string {
      self = .text(text)
    } else if let number = json.int {
      self = .number(number)
    } else if let isOn = json.bool {
      self = .flag(isOn)
    } else {
      return nil
    }
  }
}

extension ControlSetting {
  var json: JSONValue { ["name": .string(name), "value": value.json, "default": standard.json] }

  init(json: JSONValue) throws(ControlDecodingError) {
    let setting = try ControlObject(json, "a setting")
    name = try setting.string("name")
    value = try setting.value("value", "a text, a number, true or false") { Value(json: $0) }
    standard = try setting.value("default", "a text, a number, true or false") { Value(json: $0) }
  }
}
