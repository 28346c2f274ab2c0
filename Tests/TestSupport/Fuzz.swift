import POSIX
import Synchronization

/// Inputs for a reader: valid examples with small changes, for a fifth of a second, or for
/// `CHAT_FUZZ_SECONDS` seconds.
///
/// The seed is printed first, so that a crash can be repeated too: `CHAT_FUZZ_SEED` gives the same inputs in the
/// same order. An input that is not handled within a minute ends the process with its number.
package struct Fuzz: Sendable {
  /// One input, and a random generator for the test.
  package struct Input: CustomStringConvertible, Sendable {
    package var bytes: [UInt8]
    package var random: SeededRandom
    fileprivate let place: String

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The description for a failure.
    package var description: String {
      let shown = bytes.prefix(2000).map { byte in
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\\")
          ? String(Unicode.Scalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      return "\(place): \(shown.joined())"
    }

    /// The bytes in pieces of random lengths.
    package mutating func pieces() -> [[UInt8]] {
      var (pieces, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
      while !rest.isEmpty {
        let count = Int.random(in: 1...rest.count, using: &random)
        pieces.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      return pieces
    }
  }

  private let name: String
  private let examples: [[UInt8]]
  private let words: [[UInt8]]

  /// Bytes that readers often handle wrongly.
  private static let hostileWords =
    [
      "0", "-0", "-1", "1", "255", "256", "65536", "2147483648", "4294967296", "9007199254740991", "9007199254740992",
      "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
      "18446744073709551616", "99999999999999999999999999", "1e400", "-1e-400", "0.1", "NaN", "null", "true", "{}",
      "[]", "\"\"",
      "\u{0}", "\r", "\n", "\r\n", "\n\n", "\u{1B}", "\u{FEFF}", "\u{202E}", "\u{200B}", "\u{2028}", "e\u{301}",
      "\u{E9}", "\\u0000",
      "\\ud800", "\\", "\"", ",", ";", ":", "=", "/", "../", "--", "-", " ", "\t", "$y$", "plain:",
      "0000-01-01T00:00:00+01:00",
      "9999-12-31T23:59:59-01:00", "1970-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]]

  /// `words`: further texts with a meaning for the reader.
  package init(_ name: String, _ examples: [[UInt8]], words: [String] = []) {
    precondition(!examples.isEmpty, "what is changed is an example")
    self.name = name
    self.examples = examples
    self.words = Fuzz.hostileWords + words.map { Array($0.utf8) }
  }

  package init(_ name: String, _ examples: [String], words: [String] = []) {
    self.init(name, examples.map { Array($0.utf8) }, words: words)
  }

  /// Calls `body` with each example unchanged, then with changed ones until the time is over, at least with a hundred.
  package func run(_ body: (inout Input) throws -> Void) throws {
    let seed = Environment.value("CHAT_FUZZ_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    let seconds = Environment.value("CHAT_FUZZ_SECONDS").flatMap { Double($0) } ?? 0.2
    print("fuzz: \(name), CHAT_FUZZ_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let endNanoseconds = SystemClock.monotonicNanoseconds + Int64(seconds * 1_000_000_000)
    let watchdog = try Watchdog(name: "\(name), CHAT_FUZZ_SEED=\(seed)")
    defer { watchdog.end() }
    var number = 0
    while number < examples.count + 100 || SystemClock.monotonicNanoseconds < endNanoseconds {
      let own = SeededRandom(seed: random.next())
      var input = Input(bytes: [], random: own, place: "\(name), CHAT_FUZZ_SEED=\(seed), input \(number)")
      input.bytes = number < examples.count ? examples[number] : changed(&input.random)
      watchdog.begin(number)
      try body(&input)
      number += 1
    }
  }

  private func changed(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = examples.randomElement(using: &random)!
    // Mostly few changes, so that parsing continues after them.
    for _ in 0..<(1 << Int.random(in: 0...3, using: &random)) { change(&bytes, &random) }
    return bytes
  }

  private func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    func place() -> Int { Int.random(in: 0...bytes.count, using: &random) }
    func range(max: Int = .max) -> Range<Int> {
      let start = place()
      return start..<start + Int.random(in: 0...min(max, bytes.count - start), using: &random)
    }
    switch Int.random(in: 0..<10, using: &random) {
    case 0 where !bytes.isEmpty:
      bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes.removeSubrange(range(max: 8))
    case 2: bytes.removeSubrange(range())
    case 3: bytes.insert(contentsOf: words.randomElement(using: &random)!, at: place())
    case 4: bytes.insert(contentsOf: bytes[range(max: 64)], at: place())
    case 5: bytes.insert(contentsOf: random.tellingBytes(count: Int.random(in: 1...4, using: &random)), at: place())
    case 6:
      let other = examples.randomElement(using: &random)!
      bytes = bytes[..<place()] + other.suffix(Int.random(in: 0...other.count, using: &random))
    case 7:
      let piece = bytes[range(max: 4)]
      let count = Int.random(in: 2...200, using: &random)
      bytes.insert(contentsOf: (0..<count).flatMap { _ in piece }, at: place())
    default: replaceWord(&bytes, &random)
    }
  }

  /// Replaces a number, a name or a text by another.
  private func replaceWord(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    func isInWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "_"), 0x80...:
        true
      default: false
      }
    }
    guard !bytes.isEmpty,
      let start = bytes[Int.random(in: bytes.indices, using: &random)...].firstIndex(where: isInWord)
    else { return }
    let end = bytes[start...].firstIndex { !isInWord($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: words.randomElement(using: &random)!)
  }
}

/// Ends the process if an input is not handled in time.
private final class Watchdog: Sendable {
  private static let waitLimitNanoseconds: Int64 = 60_000_000_000

  private let state: Shared
  private let thread: HelperThread

  private final class Shared: Sendable {
    let number = Atomic(0)
    let beganNanoseconds = Atomic(SystemClock.monotonicNanoseconds)
    let isOver = Atomic(false)
    let wakeUp: EventNotifier

    init() throws(Errno) { wakeUp = try EventNotifier() }
  }

  init(name: String) throws {
    let state = try Shared()
    self.state = state
    thread = try HelperThread {
      guard let poller = try? Poller(eventsMax: 1),
        (try? poller.add(state.wakeUp.rawValue, token: 0, interest: .readable)) != nil
      else { return }
      while !state.isOver.load(ordering: .acquiring) {
        _ = try? poller.wait(timeoutMilliseconds: 1000) { _ in }
        if SystemClock.monotonicNanoseconds - state.beganNanoseconds.load(ordering: .acquiring)
          > Self.waitLimitNanoseconds
        {
          fatalError("fuzz: nothing comes back, \(name), input \(state.number.load(ordering: .acquiring))")
        }
      }
    }
  }

  func begin(_ number: Int) {
    state.number.store(number, ordering: .releasing)
    state.beganNanoseconds.store(SystemClock.monotonicNanoseconds, ordering: .releasing)
  }

  func end() {
    state.isOver.store(true, ordering: .releasing)
    state.wakeUp.signal()
    thread.join()
  }
}
