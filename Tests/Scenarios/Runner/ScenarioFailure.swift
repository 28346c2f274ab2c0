import Testing

/// A failed line of a scenario.
struct ScenarioFailure: Error, CustomStringConvertible {
  var scenario: Scenario
  var line: Int
  var expected: String
  var got: String
  /// The last lines sent and received.
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

  /// Reports the failure at the line of the transcript, so that an editor can go there.
  func record() {
    Issue.record(
      "\(description)",
      sourceLocation: SourceLocation(
        fileID: "Scenarios/\(scenario.name).chat", filePath: scenario.path, line: line, column: 1))
  }
}
