import POSIX
import TestSupport
import Testing

struct NotifySocketTests {
  @Test func `what is sent to a path arrives as one datagram`() throws {
    let folder = try TemporaryFolder()
    let receiver = try DatagramReceiver(folder.path("notify"))
    try #require(NotifySocket(folder.path("notify"))).send("READY=1\nSTATUS=well")
    #expect(try receiver.next() == "READY=1\nSTATUS=well")
  }

  @Test func `an abstract name is used to its last byte and not beyond`() throws {
    let name = "@chat-notify-\(CurrentProcess.id)-\(SystemClock.monotonic_ns)"
    let receiver = try DatagramReceiver(name)
    let longer = try DatagramReceiver(name + "x")
    try #require(NotifySocket(name)).send("one")
    try #require(NotifySocket(name + "x")).send("two")
    #expect(try receiver.next() == "one")
    #expect(try longer.next() == "two")
  }

  @Test(arguments: [nil, "", "relative", "@", "/", "vsock:2:1234", "/" + String(repeating: "x", count: 200)])
  func `where nobody can be told, there is no socket`(value: String?) {
    let socket = NotifySocket(value)
    #expect(socket == nil)
  }

  @Test func `a receiver that is gone is an error and no signal`() throws {
    let folder = try TemporaryFolder()
    let socket = try #require(NotifySocket(folder.path("nobody")))
    #expect(throws: Errno.noSuchFileOrDirectory) { try socket.send("READY=1") }
  }

  @Test func `a receiver that does not read is not waited for`() throws {
    let folder = try TemporaryFolder()
    let receiver = try DatagramReceiver(folder.path("notify"))
    let socket = try #require(NotifySocket(folder.path("notify")))
    // net.unix.max_dgram_qlen bounds how many wait.
    #expect(throws: Errno.wouldBlock) { for _ in 0..<1_000_000 { try socket.send("WATCHDOG=1") } }
    #expect(try receiver.next() == "WATCHDOG=1")
  }
}
