import Testing

/// Tests of the runner: an invalid transcript must not pass.
@Suite struct `A transcript` {
  @Test(arguments: [
    ("alice connects\nalice says hello", 2), ("bob > hello", 1), ("alice connects\n\nbob < hello", 3),
    ("alice connects\nsettings rooms 3", 2), ("settings rooms many\nalice connects", 1),
    ("settings rooms\nalice connects", 1), ("account alice\nalice connects", 1),
    ("account alice correct-horse captain\nalice connects", 1), ("alice connects\nalice > \\xZZ", 2),
    ("alice connects\naccount bob battery-staple", 2), ("# nothing but a remark", 1), ("", 1),
  ])
  func `with an invalid line has an error at that line`(text: String, line: Int) throws {
    let fault = try #require(throws: ScenarioFault.self) { try Scenario(parsing: text, path: "folder/wrong.chat") }
    #expect(fault.line == line)
    #expect(fault.description.hasPrefix("folder/wrong.chat:\(line): "))
  }

  @Test func `is read line by line`() throws {
    let text = """
      # EditWarnings and empty lines are passed over.
      settings rooms 3
      account carol password-x operator carol@example.org

      alice connects as json
      alice   > /say  \\x41 <
      alice   <   two spaces first
      alice hangs up
      the server restarts
      """
    let scenario = try Scenario(parsing: text, path: "folder/name.chat")
    #expect(scenario.name == "name")
    #expect(scenario.settings.map(\.name) == ["rooms"])
    #expect(scenario.accounts.map(\.email) == ["carol@example.org"])
    #expect(scenario.accounts.map(\.isOperator) == [true])
    #expect(
      scenario.steps.map(\.action) == [
        .connects("alice", asJSON: true, isGreeted: false), .sends("alice", Array("/say  A <".utf8)),
        .receives("alice", Pattern("  two spaces first")), .hangsUp("alice"), .restarts,
      ])
    #expect(scenario.steps.map(\.line) == [5, 6, 7, 8, 9])
  }

  @Test(arguments: [
    ("alice", "alice", true), ("alice", "alice ", false), ("alice", "Alice", false), ("", "", true), ("", "x", false),
    (#"{"id":{id}}"#, #"{"id":7}"#, true), (#"{"id":{id}}"#, #"{"id":seven}"#, false), ("{any}", "", false),
    ("#{id} {time} hello", "#7 2026-11-20 20:11:02 hello", true), ("at {time}", "at 2026-11-20T20:11:02.123Z", true),
    ("at {time}", "at noon", false), ("{any} and {any}", "a and b and c", true), ("{word} {word}", "tea tea", true),
    ("{word} {word}", "tea cup", false), ("{id}{any}", "12", true), ("{not a name}", "{not a name}", true),
  ])
  func `matches lines by its patterns`(pattern: String, line: String, fits: Bool) {
    var names: [String: String] = [:]
    #expect(Pattern(pattern).matches(line, binding: &names) == fits)
  }

  @Test func `stores a named text for later lines`() {
    var names: [String: String] = [:]
    #expect(Pattern("its password: {password}").matches("its password: abcd-efgh", binding: &names))
    #expect(names == ["password": "abcd-efgh"])
    #expect(Pattern.filling(Array("/join ops {password}".utf8), with: names) == Array("/join ops abcd-efgh".utf8))
    #expect(!Pattern("{password}").matches("another", binding: &names))
    #expect(names == ["password": "abcd-efgh"])
  }

  @Test(arguments: [
    ("alice connects\nalice > /ping\nalice < ok pong", 3, "< ok ping"),
    ("alice connects\nalice > /ping", 2, "< ok ping"),
    ("alice connects\nalice is closed", 2, "gets nothing"),
    ("alice connects\nalice > /quit\nalice < ok quit\nalice < * Bye.", 4, "is closed"),
    ("alice connects\nalice connects\nalice > /ping", 2, "is connected already"),
    ("alice connects\nalice < * nothing at all\nalice > /ping", 2, "gets nothing"),
    ("alice connects\nalice hangs up\nalice > /ping", 3, "is not"),
  ])
  func `that fails reports its first failing line`(text: String, line: Int, got: String) throws {
    let scenario = try Scenario(parsing: text, path: "folder/wrong.chat")
    let failure = try #require(throws: ScenarioFailure.self) { try ScenarioPlayer<MemoryDriver>.play(scenario) }
    #expect(failure.line == line)
    #expect(failure.got == got)
    #expect(failure.description.hasPrefix("wrong.chat:\(line):\n"))
  }
}
