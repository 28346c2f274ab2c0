import ChatCore
import POSIX

/// `settings.json` as it was read last. The server never writes it.
struct StoredSettings: Sendable {
  private var file: DataFile
  private var settings: SettingsFile
  /// The bytes that say so; nil where there was no file.
  private(set) var text: [UInt8]?
  private(set) var refused: RefusedEdit?

  /// What the file changed.
  struct Change: Sendable {
    var settings: Settings?
    /// Options that count from the next start only.
    var forRestart: [String]
  }

  enum Look: Sendable {
    case nothing
    case unsettled
    case refused(isNew: Bool)
    case found(Change)
  }

  /// `file` is as it was read for `settings`.
  init(_ file: DataFile, _ settings: SettingsFile, text: [UInt8]?) {
    self.file = file
    self.settings = settings
    self.text = text
  }

  mutating func look(hasEvidence: Bool) -> Look {
    let found = try? File.statusOfLink(file.path)
    guard let status = found, status.size > 0 || !status.isRegular else {
      refused = nil
      return .nothing
    }
    let identity = DataFile.Identity(status)
    if !hasEvidence {
      if identity == file.known {
        refused = nil
        return .nothing
      }
      if refused?.identity == identity { return .refused(isNew: false) }
    }
    do throws(Errno) {
      guard let (bytes, identity) = try file.readSettled() else { return .unsettled }
      let (read, faults) = SettingsFile.read(bytes, file: file.path)
      guard faults.isEmpty else { return refuse(identity, faults) }
      refused = nil
      file.noteTaken(identity)
      let before = settings
      settings = read
      text = bytes
      let change = Change(
        settings: read.settings == before.settings ? nil : read.settings,
        forRestart: read.options(differingFrom: before))
      return change.settings == nil && change.forRestart.isEmpty ? .nothing : .found(change)
    } catch .noSuchFileOrDirectory {
      return .nothing
    } catch {
      return refuse(identity, [Fault(file: file.path, line: 1, problem: "the file cannot be read: \(error)")])
    }
  }

  private mutating func refuse(_ identity: DataFile.Identity, _ faults: [Fault]) -> Look {
    let isNew = refused?.faults != faults
    refused = RefusedEdit(identity: identity, faults: faults)
    return .refused(isNew: isNew)
  }
}

extension SettingsFile {
  /// The options that the command line has too and that are others in the two files.
  fileprivate func options(differingFrom other: SettingsFile) -> [String] {
    var names: [String] = []
    if host != other.host { names.append("host") }
    if port != other.port { names.append("port") }
    if control != other.control { names.append("control") }
    if fsync != other.fsync { names.append("fsync") }
    return names
  }
}
