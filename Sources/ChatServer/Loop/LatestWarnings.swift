import ChatCore
import ChatProtocol

/// The last lines of the log that an operator should know of, for whoever did not see it scroll by.
struct LatestWarnings {
  private static let textBytesMax = 1024
  /// What the log calls a fault in an edited file.
  static let faultEvent = "fault"

  /// The newest last.
  private(set) var all: [ControlWarning] = []

  /// Takes a line of the log where it is one of those.
  mutating func note(_ line: LogRecord, at time: Timestamp) {
    guard case .event(let event, let fields, let text) = line, Self.isWarning(event) else { return }
    let words = text ?? fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    if all.count == ControlTop.rows_max { all.removeFirst() }
    all.append(ControlWarning(time: time, event: event, text: Self.beginning(of: words)))
  }

  /// What was wrong with a file and is mended is not worth knowing of any more; `faults` are those that are left.
  mutating func keepFaults(_ faults: [String]) {
    let left = Set(faults.map { Self.beginning(of: $0) })
    all.removeAll { $0.event == Self.faultEvent && !left.contains($0.text) }
  }

  /// As much of a text as is told where several are.
  static func beginning(of text: String) -> String {
    text.utf8.count <= textBytesMax ? text : String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
  }

  private static func isWarning(_ event: String) -> Bool {
    switch event {
    case "warning", faultEvent, "recording-failed", "recording-resumed", "control-closed": true
    default: false
    }
  }
}
