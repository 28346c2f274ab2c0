import JSON
import TestSupport

/// A data folder with the accounts and settings of a scenario, typed as a person would; removed at the end.
final class LiveFolder {
  private let folder: TemporaryFolder
  var path: String { folder.path }

  init(_ scenario: Scenario) throws {
    folder = try TemporaryFolder()
    if !scenario.accounts.isEmpty { try folder.write("users.csv", LiveFolder.table(scenario.accounts)) }
    if !scenario.settings.isEmpty { try folder.write("settings.json", LiveFolder.settings(scenario.settings)) }
    if !scenario.motd.isEmpty { try folder.write("motd.txt", scenario.motd.map { "\($0)\n" }.joined()) }
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
