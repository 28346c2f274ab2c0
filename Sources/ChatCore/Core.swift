package import ChatProtocol

/// The rules of the server as a deterministic state machine: inputs in, effects out.
///
/// It reads no clock, draws no random number and does no I/O: the same inputs in the same order give the same state
/// and the same effects on any machine.
package struct Core: Sendable {
  package let initial: InitialState

  package init(_ initial: InitialState) { self.initial = initial }

  /// Takes one input and appends what is to happen because of it to `effects`, in order.
  package mutating func apply(_ input: Input, at now: Timestamp, into effects: inout [Effect]) {
  }
}
