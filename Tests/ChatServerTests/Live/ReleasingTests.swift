import ChatServer
import ChatStore
import POSIX
import Synchronization
import TestSupport
import Testing

/// A disk whose syncs wait from some moment on until they are let go.
private final class SlowDisk: Sendable {
  let hasBegun = Semaphore()
  private let mayEnd = Semaphore()
  private let isHolding = Atomic<Bool>(false)

  func hold() { isHolding.store(true, ordering: .releasing) }
  func letGo() {
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
  @Test func `while a sync is under way turns go on, nothing is told, and then all of it in order`() throws {
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
    // These are taken and their lines written while the sync is held; the last needs one of its own.
    try bob.send("two\n/ping three\n")
    try server.log(until: "two")
    try alice.send("/topic four\n/ping five\n")
    try server.log(until: "four")
    #expect(try !alice.hasSomething())
    #expect(try !bob.hasSomething())
    disk.letGo()
    #expect(lastWords(try alice.read(until: "five")) == ["one", "two", "four", "five"])
    #expect(lastWords(try bob.read(until: "four")) == ["one", "three", "four"])
    try server.stop()
  }

  @Test func `whoever waits for nothing that is being synced goes on chatting`() throws {
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
    disk.letGo()
    try alice.read(until: "ok ping waits")
    try server.stop()
  }
}

private func lastWords(_ lines: [String]) -> [String] {
  lines.map { line in line.split { !$0.isLetter }.last.map(String.init) ?? "" }
}

extension LiveServer {
  /// Reads the log until a text stands in it.
  fileprivate func log(until text: String) throws {
    while !(try self.text("chat.log").contains("text=\"\(text)\"")) {}
  }
}
