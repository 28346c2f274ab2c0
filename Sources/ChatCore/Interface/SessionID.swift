/// A session for as long as it lives: a place in the loop's table, and a number that no other session of this run has.
///
/// A place is used again as soon as its session is gone; the number, its generation, keeps an answer that comes late
/// (a hashed password, a page of history) from reaching whoever sits there now.
package struct SessionID: Hashable, Sendable {
  package let slot: Int32
  package let generation: UInt32

  package init(slot: Int32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// The session's number in `chat-admin sessions list` and in the log.
  package var number: UInt64 { UInt64(generation) }
}
