@testable import ChatProtocol

extension Dialect {
  /// The dialect's text for an event.
  func text(of event: Event, at time: Timestamp = EventExamples.time) -> String {
    var bytes: [UInt8] = []
    encode(event, at: time, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
