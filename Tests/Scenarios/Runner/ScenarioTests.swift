import Testing

/// Every transcript, against two servers that must not differ.
@Suite struct Scenarios {
  @Test(arguments: try Scenario.all())
  func `hold against the core in memory`(scenario: Scenario) throws {
    try ScenarioPlayer<MemoryDriver>.play(scenario)
  }
}
