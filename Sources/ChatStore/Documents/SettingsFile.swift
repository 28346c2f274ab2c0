package import ChatCore
package import ChatProtocol
import JSON
import POSIX
import Text

/// `settings.json`: options, bounds and switches of the server.
package struct SettingsFile: Equatable, Sendable {
  package var settings = Settings()
  /// Options of the command line; nil where the file does not have them.
  package var host: String?
  package var port: Int?
  package var control: String?
  package var fsync: SyncPolicy?
  /// The paths of the certificate and its key, as written: relative ones are relative to the data folder. Empty for none, and none or
  /// both are.
  package var tlsCertificate = ""
  package var tlsKey = ""

  package init() {}

  /// The paths of the certificate and its key; nil where the file names none.
  package func certificateFiles(in folder: DataFolder) -> (certificate: String, key: String)? {
    tlsCertificate.isEmpty ? nil : (folder.path(named: tlsCertificate), folder.path(named: tlsKey))
  }

  /// The settings and the errors of the file.
  static func read(_ bytes: [UInt8], file: String) -> (SettingsFile, [FileError]) {
    var settings = SettingsFile()
    var errors: [FileError] = []
    do throws(JSONError) {
      let document = try JSONValue(parsing: bytes)
      guard let members = document.members else {
        let problem = "the file must be a JSON object; it begins with { and ends with }"
        return (settings, [FileError(file: file, line: document.line, problem: problem)])
      }
      for member in members {
        for (line, problem) in settings.take(member) {
          errors.append(FileError(file: file, line: line, problem: problem))
        }
      }
      if let (line, problem) = settings.unpairedFile(members) {
        errors.append(FileError(file: file, line: line, problem: problem))
      }
    } catch {
      errors.append(FileError(file: file, line: error.line, problem: error.problem))
    }
    return (settings, errors)
  }

  /// The file with all settings, as `chat-server --settings` prints it.
  package func write() -> [UInt8] {
    JSONValue.object(values.map { JSONMember(name: $0.name, value: $0.value.json) }).pretty
  }

  /// All settings, in the order of the printed file.
  package var values: [(name: String, value: ControlSetting.Value)] {
    var values = options.compactMap { option in option.value.map { (name: option.name, value: $0) } }
    values += Settings.names.map { ($0.name, .text(settings[keyPath: $0.path])) }
    values += Settings.bounds.map { ($0.name, .number(settings[keyPath: $0.path])) }
    values += Settings.switches.map { ($0.name, .flag(settings[keyPath: $0.path])) }
    return values + Settings.networks.map { ($0.name, .list(settings[keyPath: $0.path].map(\.description))) }
  }

  /// What takes effect at the next start.
  private var options: [(name: String, value: ControlSetting.Value?)] {
    [
      ("host", host.map { .text($0) }), ("port", port.map { .number($0) }), ("control", control.map { .text($0) }),
      ("fsync", fsync.map { .text($0.rawValue) }), ("tls_certificate", .text(tlsCertificate)),
      ("tls_key", .text(tlsKey)),
    ]
  }

  /// The names of those that differ.
  fileprivate func options(differingFrom other: SettingsFile) -> [String] {
    zip(options, other.options).filter { $0.value != $1.value }.map(\.0.name)
  }

  /// Sets one setting; returns what is wrong with it.
  private mutating func take(_ member: JSONMember) -> [(line: Int, problem: String)] {
    guard let list = Settings.networks.first(where: { $0.name == member.name }) else {
      return takeValue(member).map { [(member.line, $0)] } ?? []
    }
    guard let elements = member.value.array else {
      return [(member.line, "\(quoted(list.name)) must be an array of addresses, like [\"192.0.2.7\", \"10.0.0.0/8\"]")]
    }
    let problems = elements.compactMap { element in
      Self.problem(with: element, in: list.name).map { (element.line, $0) }
    }
    if problems.isEmpty { settings[keyPath: list.path] = elements.compactMap { $0.string.flatMap(AddressBlock.init) } }
    return problems
  }

  /// What is wrong with an address or a network in a list; nil if nothing is.
  private static func problem(with element: JSONValue, in list: String) -> String? {
    guard let text = element.string, let block = AddressBlock(text) else {
      return "an element of \(quoted(list)) must be an address or a network in quotation marks, like \"192.0.2.7\" or "
        + "\"10.0.0.0/8\""
    }
    guard let (network, address) = AddressBlock.meanings(ofAmbiguous: text) else { return nil }
    return "\(quoted(text)) has bits set after its first \(block.length); write \(network) or \(address)"
  }

  /// Sets a setting that is not a list; returns what is wrong with it, or nil.
  private mutating func takeValue(_ member: JSONMember) -> String? {
    let (name, value) = (member.name, member.value)
    if let bound = Settings.bounds.first(where: { $0.name == name }) {
      guard let number = value.int, number >= 0 else {
        return "\(quoted(name)) must be a whole number from 0; 0 means no bound"
      }
      guard number <= bound.max else {
        return "\(quoted(name)) is too large; write \(bound.max) at most, or 0 for no bound"
      }
      settings[keyPath: bound.path] = number
      return nil
    }
    if let flag = Settings.switches.first(where: { $0.name == name }) {
      guard let isOn = value.bool else { return "\(quoted(name)) must be true or false" }
      settings[keyPath: flag.path] = isOn
      return nil
    }
    if let text = Settings.names.first(where: { $0.name == name }) {
      guard let named = value.string, ServerName.isValid(named) else {
        return "\(quoted(name)) must be \(ServerName.rule)"
      }
      settings[keyPath: text.path] = named
      return nil
    }
    switch name {
    case "host", "control":
      guard let text = value.string, !text.isEmpty else {
        return "\(quoted(name)) must be a string in quotation marks"
      }
      if name == "host" { host = text } else { control = text }
    case "tls_certificate", "tls_key":
      guard let path = value.string else { return "\(quoted(name)) must be the path of a file, in quotation marks" }
      if name == "tls_key" { tlsKey = path } else { tlsCertificate = path }
    case "port":
      guard let number = value.int, (0...65535).contains(number) else {
        return "\"port\" must be a whole number from 0 to 65535; 0 means any free port"
      }
      port = number
    case "fsync":
      guard let policy = value.string.flatMap(SyncPolicy.init) else {
        return "\"fsync\" must be \"always\", \"everysec\" or \"no\""
      }
      fsync = policy
    default:
      return Self.unknown(name)
    }
    return nil
  }

  /// A certificate without a key, or a key without a certificate.
  private func unpairedFile(_ members: [JSONMember]) -> (line: Int, problem: String)? {
    guard tlsCertificate.isEmpty != tlsKey.isEmpty else { return nil }
    let (given, missing) = tlsKey.isEmpty ? ("tls_certificate", "tls_key") : ("tls_key", "tls_certificate")
    // One that is there and is no path has its own error.
    if let other = members.first(where: { $0.name == missing }), other.value.string == nil { return nil }
    let line = members.first { $0.name == given }!.line
    let meaning = missing == "tls_key" ? "the file with its private key" : "the file with the certificate of this key"
    return (line, "\(quoted(given)) needs \(quoted(missing)) too: \(meaning)")
  }

  private static func unknown(_ name: String) -> String {
    let known =
      SettingsFile().options.map(\.name) + Settings.names.map(\.name) + Settings.bounds.map(\.name)
      + Settings.switches.map(\.name) + Settings.networks.map(\.name)
    if let nearest = Spelling.nearest(to: name, among: known) {
      return "the setting \(quoted(name)) is unknown; did you mean \"\(nearest)\"?"
    }
    return "the setting \(quoted(name)) is unknown; to see all settings: chat-server --settings"
  }
}

/// `--fsync`: when written data is synced, against a power failure. A crash of the process loses nothing under any policy.
package enum SyncPolicy: String, CaseIterable, Sendable {
  /// Before output is sent.
  case always
  /// Messages within about a second; everything else before output is sent.
  case everysec
  /// When the system does it.
  case no
}

/// `settings.json` as it was read last, and its hand edits. The server never writes it.
struct StoredSettings: Sendable {
  private var file: DataFile
  private var settings: SettingsFile
  /// The bytes of the file; nil where there was none.
  private(set) var text: [UInt8]?
  private(set) var rejected: RejectedEdit?

  struct Change: Sendable {
    var settings: Settings?
    /// Changed options that need a restart.
    var forRestart: [String]
  }

  init(_ file: DataFile, _ settings: SettingsFile, text: [UInt8]?) {
    self.file = file
    self.settings = settings
    self.text = text
  }

  mutating func readEdit(hasEvidence: Bool) -> EditResult<Change> {
    let found = try? File.statusOfLink(file.path)
    guard let status = found, status.size > 0 || !status.isRegular else {
      rejected = nil
      return .unchanged
    }
    let identity = DataFile.Identity(status)
    if !hasEvidence {
      if identity == file.known {
        rejected = nil
        return .unchanged
      }
      if rejected?.identity == identity { return .rejected(isNew: false) }
    }
    do throws(Errno) {
      guard let (bytes, identity) = try file.readSettled() else { return .unsettled }
      let (read, errors) = SettingsFile.read(bytes, file: file.path)
      guard errors.isEmpty else { return reject(identity, errors) }
      rejected = nil
      file.didApplyEdit(identity)
      let before = settings
      settings = read
      text = bytes
      let change = Change(
        settings: read.settings == before.settings ? nil : read.settings,
        forRestart: read.options(differingFrom: before))
      return change.settings == nil && change.forRestart.isEmpty ? .unchanged : .found(change)
    } catch .noSuchFileOrDirectory {
      return .unchanged
    } catch {
      return reject(identity, [FileError(file: file.path, line: 1, problem: "the file cannot be read: \(error)")])
    }
  }

  private mutating func reject(_ identity: DataFile.Identity, _ errors: [FileError]) -> EditResult<Change> {
    let isNew = rejected?.errors != errors
    rejected = RejectedEdit(identity: identity, errors: errors)
    return .rejected(isNew: isNew)
  }
}
