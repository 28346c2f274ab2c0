import Testing

/// A line of a scenario that does not hold.
struct ScenarioFailure: Error, CustomStringConvertible {
  var scenario: Scenario
  var line: Int
  var expected: String
  var got: String
  /// What was sent and received last.
  var transcript: [String]

  var description: String {
    """
    \(scenario.name).chat:\(line):
      expected: \(expected)
      got:      \(got)
      the last lines:
    \(transcript.map { "    \($0)" }.joined(separator: "\n"))
    """
  }

  /// Reports it as if the transcript were Swift: an editor goes to its line.
  func record() {
    Issue.record(
      "\(description)",
      sourceLocation: SourceLocation(
        fileID: "Scenarios/\(scenario.name).chat", filePath: scenario.path, line: line, column: 1))
  }
}
