import ChatServer
import ChatStore
import POSIX
import Synchronization
import TestSupport
import Testing

/// A disk whose syncs can be held and released.
private final class SlowDisk: Sendable {
  let hasBegun = Semaphore()
  private let mayEnd = Semaphore()
  private let isHolding = Atomic<Bool>(false)

  func hold() { isHolding.store(true, ordering: .releasing) }
  func releaseSyncs() {
    isHolding.store(false, ordering: .releasing)
    mayEnd.signal()
  }

  var calls: DiskCalls {
    DiskCalls(
      write: DiskCalls.real.write,
      sync: { [self] (descriptor) throws(Errno) in
        if isHolding.load(ordering: .acquiring) {
          hasBegun.signal()
          mayEnd.wait()
        }
        try descriptor.sync(.data)
      })
  }
}

@Suite struct ReleasingTests {
  @Test func `during a sync turns continue, and their output is sent in order after it`() throws {
    let disk = SlowDisk()
    let server = try LiveServer(disk: disk.calls)
    let (alice, bob) = (try server.connect(), try server.connect())
    try alice.send("/register alice correct-horse\n/create den --open\n/ping in\n")
    try alice.read(until: "ok ping in")
    try bob.send("/guest bob\n/join den\n/ping in\n")
    try bob.read(until: "ok ping in")
    try alice.send("/ping ready\n")
    try alice.read(until: "ok ping ready")
    disk.hold()
    try alice.send("/topic one\n")
    disk.hasBegun.wait()
    // These are applied and their lines written while the sync is held; the last needs another sync.
    try bob.send("two\n/ping three\n")
    try server.log(until: "two")
    try alice.send("/topic four\n/ping five\n")
    try server.log(until: "four")
    #expect(try !alice.hasSomething())
    #expect(try !bob.hasSomething())
    disk.releaseSyncs()
    #expect(lastWords(try alice.read(until: "five")) == ["one", "two", "four", "five"])
    #expect(lastWords(try bob.read(until: "four")) == ["one", "three", "four"])
    try server.stop()
  }

  @Test func `a client whose output needs no sync continues to chat`() throws {
    let disk = SlowDisk()
    let server = try LiveServer(disk: disk.calls)
    let (alice, bob, carol) = (try server.connect(), try server.connect(), try server.connect())
    try alice.send("/register alice correct-horse\n/create den --open\n/ping in\n")
    try alice.read(until: "ok ping in")
    for (guest, name) in [(bob, "bob"), (carol, "carol")] {
      try guest.send("/guest \(name)\n/ping in\n")
      try guest.read(until: "ok ping in")
    }
    try alice.read(until: "carol joined lobby")
    disk.hold()
    try alice.send("/topic kept\n/ping waits\n")
    disk.hasBegun.wait()
    try carol.send("one\n/ping two\n")
    try bob.read(until: "carol: one")
    try carol.read(until: "ok ping two")
    #expect(try !alice.hasSomething())
    disk.releaseSyncs()
    try alice.read(until: "ok ping waits")
    try server.stop()
  }
}

private func lastWords(_ lines: [String]) -> [String] {
  lines.map { line in line.split { !$0.isLetter }.last.map(String.init) ?? "" }
}

extension LiveServer {
  /// Reads the log until it contains the text.
  fileprivate func log(until text: String) throws {
    while !(try self.text("chat.log").contains("text=\"\(text)\"")) {}
  }
}
