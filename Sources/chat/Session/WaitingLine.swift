/// A line that waits for its turn, or for a connection.
struct WaitingLine: Equatable, Sendable {
  let text: String
  /// Which line of the input it is.
  let number: Int
}
