/// Plays a scenario against a server, line by line, up to the first that fails.
struct ScenarioPlayer<Driver: ScenarioDriver> {
  private let scenario: Scenario
  private var driver: Driver
  /// The values of the names in braces.
  private var names: [String: String] = [:]
  /// The open connections, in the order of connecting.
  private var connected: [(name: String, isJSON: Bool)] = []
  private var transcript: [String] = []

  /// An expectation that failed.
  private struct Failure: Error {
    var expected: String
    var got: String
  }

  static func play(_ scenario: Scenario) throws {
    var player = ScenarioPlayer(scenario: scenario, driver: try Driver(scenario))
    // Also ended after a failure.
    let outcome = Result { try player.playSteps() }
    try player.driver.end()
    try outcome.get()
  }

  private init(scenario: Scenario, driver: Driver) {
    self.scenario = scenario
    self.driver = driver
  }

  private mutating func playSteps() throws {
    for step in scenario.steps { try at(step.line) { player in try player.play(step.action) } }
    for (name, isJSON) in connected {
      try at(scenario.steps.last!.line) { player in try player.expectNothingMore(name, isJSON: isJSON) }
    }
  }

  /// Adds the line and the recent transcript to a failure.
  private mutating func at(_ line: Int, _ body: (inout Self) throws -> Void) throws {
    do {
      try body(&self)
    } catch let failure as Failure {
      throw ScenarioFailure(
        scenario: scenario, line: line, expected: failure.expected, got: failure.got,
        transcript: Array(transcript.suffix(12)))
    }
  }

  private mutating func play(_ action: Scenario.Action) throws {
    switch action {
    case .connects(let name, let asJSON, let isGreeted): try connect(name, asJSON: asJSON, isGreeted: isGreeted)
    case .sends(let name, let line):
      try require(name)
      let filled = Pattern.filling(line, with: names)
      transcript.append("\(name) > \(String(decoding: filled, as: UTF8.self))")
      try driver.send(filled, from: name)
      if filled == Array("/format json".utf8) { note(name, isJSON: true) }
      if filled == Array("/format text".utf8) { note(name, isJSON: false) }
    case .receives(let name, let pattern): try receive(name, pattern)
    case .hangsUp(let name):
      try require(name)
      transcript.append("\(name) hangs up")
      connected.removeAll { $0.name == name }
      try driver.hangUp(name)
    case .disconnects(let name):
      try require(name)
      transcript.append("\(name) disconnects")
      connected.removeAll { $0.name == name }
      try driver.disconnect(name)
    case .isClosed(let name):
      let received = try next(name)
      guard received == .closed else { throw Failure(expected: "\(name) is closed", got: words(for: received)) }
      connected.removeAll { $0.name == name }
    case .restarts:
      transcript.append("the server restarts")
      try driver.restart()
    }
  }

  private func require(_ name: String) throws {
    guard name == Scenario.administrator || connected.contains(where: { $0.name == name }) else {
      throw Failure(expected: "\(name) is connected", got: "is not")
    }
  }

  private mutating func note(_ name: String, isJSON: Bool) {
    guard let index = connected.firstIndex(where: { $0.name == name }) else { return }
    connected[index].isJSON = isJSON
  }

  private mutating func connect(_ name: String, asJSON: Bool, isGreeted: Bool) throws {
    transcript.append("\(name) connects")
    guard !connected.contains(where: { $0.name == name }) else {
      throw Failure(expected: "\(name) connects", got: "is connected already")
    }
    try driver.connect(name)
    connected.append((name: name, isJSON: asJSON))
    if isGreeted { return }
    let token = "greeting-read"
    try driver.send(Array("/ping \(token)".utf8), from: name)
    try skip(name, until: "ok ping \(token)")
    guard asJSON else { return }
    try driver.send(Array("/format json".utf8), from: name)
    try skip(name, until: #"{"event":"ok","time":"{time}","command":"format","format":"json"}"#)
  }

  private mutating func skip(_ name: String, until text: String) throws {
    var none: [String: String] = [:]
    while true {
      let received = try driver.receive(name)
      guard case .line(let line) = received else { throw Failure(expected: text, got: words(for: received)) }
      if Pattern(text).matches(line, binding: &none) { return }
    }
  }

  private mutating func receive(_ name: String, _ pattern: Pattern) throws {
    let received = try next(name)
    guard case .line(let line) = received, pattern.matches(line, binding: &names) else {
      throw Failure(expected: "\(name) < \(pattern)", got: words(for: received))
    }
  }

  private mutating func next(_ name: String) throws -> Received {
    try require(name)
    let received = try driver.receive(name)
    transcript.append("\(name) \(words(for: received))")
    return received
  }

  /// Sends a ping. Any line before its reply was not expected.
  private mutating func expectNothingMore(_ name: String, isJSON: Bool) throws {
    let token = "end-of-scenario"
    let pong =
      isJSON ? #"{"event":"ok","time":"{time}","command":"ping","token":"\#(token)"}"# : "ok ping \(token)"
    try driver.send(Array("/ping \(token)".utf8), from: name)
    let received = try next(name)
    guard case .line(let line) = received, Pattern(pong).matches(line, binding: &names) else {
      throw Failure(expected: "nothing more for \(name)", got: words(for: received))
    }
  }

  private func words(for received: Received) -> String {
    switch received {
    case .line(let line): "< \(line)"
    case .nothing: "gets nothing"
    case .closed: "is closed"
    }
  }
}
