package import ChatCore
package import ChatProtocol
import JSON
import Text

/// `settings.json`: the server's options and every bound, as far as they stand there.
package struct SettingsFile: Equatable, Sendable {
  package var settings = Settings()
  /// The options of the command line that may stand here too; nil where they do not.
  package var host: String?
  package var port: Int?
  package var control: String?
  package var fsync: SyncPolicy?

  package init() {}

  /// What the file says, and what is wrong with it.
  static func read(_ bytes: [UInt8], file: String) -> (SettingsFile, [Fault]) {
    var settings = SettingsFile()
    var faults: [Fault] = []
    do throws(JSONError) {
      let document = try JSONValue(parsing: bytes)
      guard let members = document.members else {
        let problem = "the file holds no object; it begins with { and ends with }"
        return (settings, [Fault(file: file, line: document.line, problem: problem)])
      }
      for member in members {
        if let problem = settings.take(member) { faults.append(Fault(file: file, line: member.line, problem: problem)) }
      }
    } catch {
      faults.append(Fault(file: file, line: error.line, problem: error.problem))
    }
    return (settings, faults)
  }

  /// The file as `chat-server --settings` prints it: whole, so that it also shows what may be set.
  package func write() -> [UInt8] {
    JSONValue.object(values.map { JSONMember(name: $0.name, value: $0.value.json) }).pretty
  }

  /// What the file says, in the order in which it is printed.
  package var values: [(name: String, value: ControlSetting.Value)] {
    var values: [(name: String, value: ControlSetting.Value)] = []
    if let host { values.append(("host", .text(host))) }
    if let port { values.append(("port", .number(port))) }
    if let control { values.append(("control", .text(control))) }
    if let fsync { values.append(("fsync", .text(fsync.rawValue))) }
    values += Settings.bounds.map { ($0.name, .number(settings[keyPath: $0.path])) }
    return values + Settings.switches.map { ($0.name, .flag(settings[keyPath: $0.path])) }
  }

  /// Takes one setting; what is wrong with it, or nil.
  private mutating func take(_ member: JSONMember) -> String? {
    let (name, value) = (member.name, member.value)
    if let bound = Settings.bounds.first(where: { $0.name == name }) {
      guard let number = value.int, number >= 0 else {
        return "\(quoted(name)) is no whole number from 0 up; 0 means no bound"
      }
      guard number <= bound.max else {
        return "\(quoted(name)) is too large; write \(bound.max) at most, or 0 for no bound"
      }
      settings[keyPath: bound.path] = number
      return nil
    }
    if let flag = Settings.switches.first(where: { $0.name == name }) {
      guard let isOn = value.bool else { return "\(quoted(name)) is neither true nor false" }
      settings[keyPath: flag.path] = isOn
      return nil
    }
    switch name {
    case "host", "control":
      guard let text = value.string, !text.isEmpty else {
        return "\(quoted(name)) is no text; put it in quotation marks"
      }
      if name == "host" { host = text } else { control = text }
    case "port":
      guard let number = value.int, (0...65535).contains(number) else {
        return "\"port\" is no whole number from 0 to 65535; 0 takes any free port"
      }
      port = number
    case "fsync":
      guard let policy = value.string.flatMap(SyncPolicy.init) else {
        return "\"fsync\" is unknown; write \"always\", \"everysec\" or \"no\""
      }
      fsync = policy
    default:
      return Self.unknown(name)
    }
    return nil
  }

  private static func unknown(_ name: String) -> String {
    let known =
      ["host", "port", "control", "fsync"] + Settings.bounds.map(\.name) + Settings.switches.map(\.name)
    if let nearest = Spelling.nearest(to: name, among: known) {
      return "the setting \(quoted(name)) is unknown; did you mean \"\(nearest)\"?"
    }
    return "the setting \(quoted(name)) is unknown; chat-server --settings prints all there are"
  }
}
