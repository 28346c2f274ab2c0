/// How `top` is to run.
struct TopOptions: Equatable {
  /// How often it shows; nil for until somebody ends it.
  var count: Int?
  var interval_s = 1
  /// One look, which stays where it is printed.
  var isOnce = false
}
