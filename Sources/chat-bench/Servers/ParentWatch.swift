import POSIX

/// What a program is started through, so that it never outlives a measurement: this program in another process, which the kernel
/// is to end with its parent, and which then gives its place to that program.
///
/// Signals and failures are met by `Leftovers`; this is for SIGKILL and for bugs, of which nobody hears.
enum ParentWatch {
  static let word = "tethered"

  /// The arguments of this program with which it becomes the program at `path`.
  static func arguments(for path: String, _ arguments: [String]) -> [String] {
    [word, "\(CurrentProcess.id)", path] + arguments
  }

  /// `words` are those behind `word`. Returns only by throwing.
  static func run(_ words: [String]) throws(BenchError) {
    guard words.count >= 2 else { throw .notStarted(word, reason: "it is for chat-bench's own use") }
    do throws(Errno) {
      try CurrentProcess.endWithParent()
      // One that has ended by now will not end again.
      guard words[0] == "\(CurrentProcess.parentID)" else { throw .noSuchProcess }
      try CurrentProcess.become(words[1], Array(words.dropFirst(2)))
    } catch {
      throw .notStarted(words[1], reason: error.description)
    }
  }
}
