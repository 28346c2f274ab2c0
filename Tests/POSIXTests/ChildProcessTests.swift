import POSIX
import Testing

struct ChildProcessTests {
  private func run(_ script: String, output: borrowing FileDescriptor) throws -> ChildProcess {
    let nothing = try File.open("/dev/null")
    return try ChildProcess(
      path: "/bin/sh", arguments: ["-c", script], environment: ["GREETING=hello"],
      ends: [nothing.rawValue, output.rawValue, output.rawValue])
  }

  @Test func `a program gets its arguments and environment, and its status comes back`() throws {
    let pipe = try FileDescriptor.pipe()
    let child = try run("echo $GREETING; exit 7", output: pipe.writing)
    #expect(child.wait() == 7)
    #expect(try pipe.reading.read(upTo: 100) == Array("hello\n".utf8))
  }

  @Test func `a signal that killed it is told as a shell does`() throws {
    let pipe = try FileDescriptor.pipe()
    #expect(try run("kill -TERM $$", output: pipe.writing).wait() == 128 + 15)
  }

  @Test func `a program that is not there says so`() throws {
    #expect(throws: Errno.noSuchFileOrDirectory) {
      try ChildProcess(path: "/nowhere/program", arguments: [], environment: [], ends: [])
    }
  }

  @Test func `what a process uses can be seen from outside`() throws {
    let usage = try #require(ProcessTable.usage(of: CurrentProcess.id))
    #expect(usage.residentBytes > 1 << 20)
    #expect(usage.cpu_ns >= 0)
    let later = SystemClock.monotonic_ns + 60_000_000_000
    // Time on a processor passes by working, at most a hundredth of a second unseen.
    while let now = ProcessTable.usage(of: CurrentProcess.id), now.cpu_ns == usage.cpu_ns {
      try #require(SystemClock.monotonic_ns < later)
    }
    #expect(ProcessTable.usage(of: .max) == nil)
  }

  @Test func `the environment is known as a whole`() {
    #expect(Environment.all.contains { $0.hasPrefix("PATH=") })
    #expect(Environment.all.contains("PATH=\(Environment.value("PATH") ?? "")"))
  }

  @Test func `the machine is known`() throws {
    #expect(Machine.coreCount > 0)
    #expect(try Machine.kernelRelease().first?.isNumber == true)
  }

  @Test func `a link's target is told as it was given`() throws {
    #expect(try File.target(ofLink: "/proc/self/exe").hasPrefix("/"))
    #expect(throws: Errno.invalidArgument) { try File.target(ofLink: "/proc") }
  }
}
