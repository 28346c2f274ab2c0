import JSON
import POSIX

/// A data folder with the accounts and settings of a scenario, typed as a person would; removed at the end.
final class LiveFolder {
  let path: String

  init(_ scenario: Scenario) throws {
    path = "/tmp/chat-scenario-\(Random.bytes(8).map { String($0, radix: 16) }.joined())"
    try File.makeDirectory(path)
    if !scenario.accounts.isEmpty { try write("users.csv", LiveFolder.table(scenario.accounts)) }
    if !scenario.settings.isEmpty { try write("settings.json", LiveFolder.settings(scenario.settings)) }
  }

  deinit {
    // It holds no folders. What cannot be removed is left to the system, which empties /tmp.
    for name in (try? File.names(inDirectory: path)) ?? [] { try? File.unlink("\(path)/\(name)") }
    try? File.removeDirectory(path)
  }

  private func write(_ name: String, _ text: String) throws {
    try File.open("\(path)/\(name)", [.writeOnly, .create]).writeAll(text)
  }

  private static func table(_ accounts: [Scenario.GivenAccount]) -> String {
    let rows = accounts.map { account in
      [
        account.name, "plain:\(account.password)", account.isOperator ? "operator" : "user",
        account.isDisabled ? "disabled" : "active", account.email ?? "",
      ].joined(separator: ",")
    }
    return (["name,password,role,status,email"] + rows).map { "\($0)\n" }.joined()
  }

  private static func settings(_ settings: [(name: String, value: Int)]) -> String {
    var object: JSONValue = [:]
    for (name, value) in settings {
      object[name] = ["guests", "registration"].contains(name) ? .bool(value != 0) : .int(value)
    }
    return String(decoding: object.compact, as: UTF8.self)
  }
}
