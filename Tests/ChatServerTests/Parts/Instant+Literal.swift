@testable import ChatServer

/// Tests write instants as microseconds.
extension Instant: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(microseconds: value) }

  init(milliseconds: Int64) { self.init(microseconds: milliseconds * 1000) }
}
