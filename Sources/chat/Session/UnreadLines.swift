/// Lines of input that were not said and will not be.
struct UnreadLines: Equatable, Sendable {
  var count = 0
  /// Whether more than these may wait.
  var mayBeMore = false
}
