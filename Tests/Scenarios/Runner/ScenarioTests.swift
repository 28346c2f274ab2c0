import Testing

/// Every transcript, against two servers that must give the same lines.
@Suite struct Scenarios {
  @Test(arguments: try Scenario.all())
  func `hold against the core in memory`(scenario: Scenario) throws {
    try play(scenario, against: MemoryDriver.self)
  }

  @Test(arguments: try Scenario.all())
  func `hold against a live server over sockets`(scenario: Scenario) throws {
    try play(scenario, against: LiveDriver.self)
  }

  private func play<Driver: ScenarioDriver>(_ scenario: Scenario, against driver: Driver.Type) throws {
    do {
      try ScenarioPlayer<Driver>.play(scenario)
    } catch let failure as ScenarioFailure {
      failure.record()
    }
  }
}
