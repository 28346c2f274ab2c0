import POSIX
import Testing

@Test func `two things are done at the same time, and both are answered`() {
  let (first, second) = (Semaphore(), Semaphore())
  // Each waits for the other: one after the other they would wait for ever.
  let answers = sideBySide {
    first.signal()
    second.wait()
    return "one"
  } and: {
    first.wait()
    second.signal()
    return "two"
  }
  #expect(answers == ("one", "two"))
}
