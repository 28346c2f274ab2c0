import ChatProtocol

/// An invalid line of a transcript: `FILE:LINE: what is wrong`.
struct ScenarioFault: Error, CustomStringConvertible {
  var path: String
  var line: Int
  var problem: String

  var description: String { "\(path):\(line): \(problem)" }
}

extension Scenario {
  init(parsing text: String, path: String) throws(ScenarioFault) {
    self.path = path
    name = String((path.split(separator: "/").last ?? "").prefix { $0 != "." })
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      do throws(LineProblem) {
        try read(line, number: index + 1)
      } catch {
        throw ScenarioFault(path: path, line: index + 1, problem: error.problem)
      }
    }
    guard !steps.isEmpty else { throw ScenarioFault(path: path, line: 1, problem: "nothing happens in it") }
  }

  /// The reply to `/help` in the text dialect: the list of commands, as in ChatProtocol's README.
  private static let help: [String] = {
    var bytes: [UInt8] = []
    Dialect.text.encode(.ok(Reply("help", .help(CommandTable.all))), at: .first, into: &bytes)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }()

  private struct LineProblem: Error {
    var problem: String
  }

  private mutating func read(_ line: Substring, number: Int) throws(LineProblem) {
    let words = line.split(separator: " ")
    guard let first = words.first, !first.hasPrefix("#") else { return }
    switch words.count > 1 ? words[1] : "" {
    case ">":
      let name = try participant(first)
      steps.append(Step(line: number, action: .sends(name, try Scenario.bytes(Scenario.text(after: ">", in: line)))))
    case "<":
      let name = try participant(first)
      let text = String(Scenario.text(after: "<", in: line))
      for line in text == "{help}" ? Scenario.help : [text] {
        steps.append(Step(line: number, action: .receives(name, Pattern(line))))
      }
    default:
      if first == "motd" {
        motd.append(String(line.dropFirst("motd ".count)))
      } else if ["settings", "account"].contains(first) {
        guard steps.isEmpty else { throw LineProblem(problem: "'\(first)' comes before everything that happens") }
        if first == "settings" { try readSetting(words) } else { try readAccount(words) }
      } else {
        steps.append(Step(line: number, action: try Scenario.action(words.map(String.init))))
      }
    }
  }

  private static func action(_ words: [String]) throws(LineProblem) -> Action {
    let name = words[0]
    return switch words.dropFirst().joined(separator: " ") {
    case "connects": .connects(name, asJSON: false, isGreeted: false)
    case "connects as json": .connects(name, asJSON: true, isGreeted: false)
    case "connects and is greeted": .connects(name, asJSON: false, isGreeted: true)
    case "hangs up": .hangsUp(name)
    case "disconnects": .disconnects(name)
    case "is closed": .isClosed(name)
    case "server restarts" where name == "the": .restarts
    default: throw LineProblem(problem: "no such line is known; Tests/README.md lists those there are")
    }
  }

  /// A participant must connect before other actions; `admin` is connected from the start.
  private func participant(_ name: Substring) throws(LineProblem) -> String {
    let isKnown = steps.contains {
      if case .connects(String(name), _, _) = $0.action { true } else { false }
    }
    guard isKnown || name == Scenario.administrator else { throw LineProblem(problem: "\(name) has not connected") }
    return String(name)
  }

  private mutating func readSetting(_ words: [Substring]) throws(LineProblem) {
    guard words.count == 3, let value = Int(words[2]) else {
      throw LineProblem(problem: "write 'settings NAME NUMBER', with 0 or 1 for a switch")
    }
    settings.append((name: String(words[1]), value: value))
  }

  private mutating func readAccount(_ words: [Substring]) throws(LineProblem) {
    guard words.count >= 3 else {
      throw LineProblem(problem: "write 'account NAME PASSWORD [operator] [disabled] [EMAIL]'")
    }
    var account = GivenAccount(name: String(words[1]), password: String(words[2]))
    for word in words.dropFirst(3) {
      switch word {
      case "operator": account.isOperator = true
      case "disabled": account.isDisabled = true
      default:
        guard word.contains("@") else { throw LineProblem(problem: "an account is no '\(word)'") }
        account.email = String(word)
      }
    }
    accounts.append(account)
  }

  /// The text after the sign and one space.
  private static func text(after sign: Character, in line: Substring) -> Substring {
    let rest = line[line.firstIndex(of: sign)!...].dropFirst()
    return rest.hasPrefix(" ") ? rest.dropFirst() : rest
  }

  /// The line's bytes. `\xNN` is a byte in hexadecimal.
  private static func bytes(_ text: Substring) throws(LineProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let escape = rest.firstRange(of: #"\x"#) {
      bytes += rest[..<escape.lowerBound].utf8
      guard let byte = UInt8(rest[escape.upperBound...].prefix(2), radix: 16) else {
        throw LineProblem(problem: #"after \x come two hexadecimal digits"#)
      }
      bytes.append(byte)
      rest = rest[escape.upperBound...].dropFirst(2)
    }
    return bytes + rest.utf8
  }
}
