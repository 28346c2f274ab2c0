import POSIX
import TestSupport
import Testing

struct SystemTests {
  @Test func `the clocks go on, and agree with what the kernel stamps on files`() throws {
    let first = SystemClock.monotonic_ns
    #expect(SystemClock.monotonic_ns >= first)
    let folder = try TemporaryFolder()
    let stamp_ms = try File.status(folder.file("f")).modified_ns / 1_000_000
    #expect(abs(SystemClock.now_ms - stamp_ms) < 3_600_000)
  }

  @Test(arguments: [0, 1, 16, 256, 1000])
  func `random bytes are as many as asked for, and other ones each time`(count: Int) {
    let bytes = Random.bytes(count)
    #expect(bytes.count == count)
    if count >= 16 { #expect(bytes != Random.bytes(count)) }
  }

  @Test func `this process has memory, a name and a user`() throws {
    #expect(try CurrentProcess.residentBytes() > 1 << 20)
    let name = try #require(ProcessTable.name(of: CurrentProcess.id))
    #expect(!name.isEmpty && !name.contains("\n"))
    #expect(ProcessTable.name(of: .max) == nil)
  }

  @Test func `the command line is the one that the kernel shows`() throws {
    let shown = try File.readWhole("/proc/self/cmdline")
    #expect(CurrentProcess.argumentBytes.flatMap { $0 + [0] } == shown)
    #expect(CurrentProcess.arguments(of: "test") == Array(CommandLine.arguments.dropFirst()))
  }

  @Test func `users have names where the system knows them`() {
    #expect(UserDatabase.name(of: 0) == "root")
    #expect(UserDatabase.name(of: 4_000_000_000) == nil)
  }

  @Test func `the descriptor limit is raised as far as it goes`() throws {
    let limit = try CurrentProcess.raiseDescriptorLimit()
    #expect(limit > 0)
    let line = try #require(text("/proc/self/limits").split(separator: "\n").first { $0.hasPrefix("Max open files") })
    let fields = line.split(separator: " ")
    #expect(fields[3] == fields[4], "what is allowed now is what is allowed at most")
    #expect(String(limit) == fields[3])
  }
}
