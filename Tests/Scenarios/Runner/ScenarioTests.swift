import Testing

/// Every transcript, against two servers that must not differ.
@Suite struct Scenarios {
  @Test(arguments: try Scenario.all())
  func `hold against the core in memory`(scenario: Scenario) throws {
    try ScenarioPlayer<MemoryDriver>.play(scenario)
  }

  @Test(arguments: try Scenario.all())
  func `hold against a live server over sockets`(scenario: Scenario) throws {
    try ScenarioPlayer<LiveDriver>.play(scenario)
  }
}
