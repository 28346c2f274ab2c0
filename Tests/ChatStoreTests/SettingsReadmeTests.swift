import ChatCore
import ChatStore
import POSIX
import Testing

/// Checks of the settings in data/README.md.
struct SettingsReadmeTests {
  private func readme() throws -> String {
    let top = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try File.readWhole("\(top)/data/README.md"), as: UTF8.self)
  }

  @Test func `the document has a row for each setting, with its default`() throws {
    var defaults: [String: String] = [:]
    for line in try readme().split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingSpaces }
      guard cells.count == 3 else { continue }
      let names = cells[0].split(separator: ", ").map { $0.filter { $0 != "`" } }
      let values = cells[1].split(separator: ", ").map(String.init)
      if names.count == values.count { defaults.merge(zip(names, values)) { first, _ in first } }
    }
    let settings = Settings()
    for bound in Settings.bounds {
      #expect(defaults[bound.name] == "\(settings[keyPath: bound.path])", "\(bound.name)")
    }
    for flag in Settings.switches { #expect(defaults[flag.name] == "\(settings[keyPath: flag.path])", "\(flag.name)") }
    for list in Settings.networks { #expect(defaults[list.name] == "\(settings[keyPath: list.path])", "\(list.name)") }
    let names = SettingsFile().values.map(\.name) + ["host", "port", "control", "fsync"]
    for name in names { #expect(defaults[name] != nil, "\(name) has no row") }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    let start = drop { $0 == " " }
    return start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
  }
}
