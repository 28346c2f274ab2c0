import POSIX
import TestSupport
import Testing

struct ChildProcessTests {
  private func run(_ script: String, output: borrowing FileDescriptor) throws -> ChildProcess {
    let nothing = try File.open("/dev/null")
    return try ChildProcess(
      path: "/bin/sh", arguments: ["-c", script], environment: ["GREETING=hello"],
      ends: [nothing.rawValue, output.rawValue, output.rawValue])
  }

  @Test func `a program gets its arguments and environment, and its status is returned`() throws {
    let pipe = try FileDescriptor.pipe()
    let child = try run("echo $GREETING; exit 7", output: pipe.writing)
    #expect(child.wait() == 7)
    #expect(try pipe.reading.read(upTo: 100) == Array("hello\n".utf8))
  }

  @Test func `a killed program's status is the same as in a shell`() throws {
    let pipe = try FileDescriptor.pipe()
    #expect(try run("kill -TERM $$", output: pipe.writing).wait() == 128 + 15)
  }

  @Test func `a missing program throws`() throws {
    #expect(throws: Errno.noSuchFileOrDirectory) {
      try ChildProcess(path: "/nowhere/program", arguments: [], environment: [], ends: [])
    }
  }

  @Test func `the resource usage of another process can be read`() throws {
    let usage = try #require(ProcessTable.usage(of: CurrentProcess.id))
    #expect(usage.residentBytes > 1 << 20)
    #expect(usage.cpuNanoseconds >= 0)
    let later = SystemClock.monotonicNanoseconds + 60_000_000_000
    // CPU time is counted in hundredths of a second, so the test is busy until it advances.
    while let now = ProcessTable.usage(of: CurrentProcess.id), now.cpuNanoseconds == usage.cpuNanoseconds {
      try #require(SystemClock.monotonicNanoseconds < later)
    }
    #expect(ProcessTable.usage(of: .max) == nil)
  }

  @Test func `the whole environment can be read`() {
    #expect(Environment.all.contains { $0.hasPrefix("PATH=") })
    #expect(Environment.all.contains("PATH=\(Environment.value("PATH") ?? "")"))
  }

  @Test func `the machine's properties can be read`() throws {
    #expect(Machine.coreCount > 0)
    #expect(try Machine.kernelRelease().first?.isNumber == true)
  }

  @Test func `a link's target is as written`() throws {
    #expect(try File.target(ofLink: "/proc/self/exe").hasPrefix("/"))
    #expect(throws: Errno.invalidArgument) { try File.target(ofLink: "/proc") }
  }
}

struct SystemTests {
  @Test func `the clocks advance, and agree with the kernel's timestamps of files`() throws {
    let first = SystemClock.monotonicNanoseconds
    #expect(SystemClock.monotonicNanoseconds >= first)
    let folder = try TemporaryFolder()
    let stampMilliseconds = try File.status(folder.file("f")).modifiedNanoseconds / 1_000_000
    #expect(abs(SystemClock.nowMilliseconds - stampMilliseconds) < 3_600_000)
  }

  @Test(arguments: [0, 1, 16, 256, 1000])
  func `random bytes have the requested number, and differ each time`(count: Int) {
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

  @Test func `the command line is the same as the kernel's`() throws {
    let shown = try File.readWhole("/proc/self/cmdline")
    #expect(CurrentProcess.argumentBytes.flatMap { $0 + [0] } == shown)
    #expect(CurrentProcess.arguments(of: "test") == Array(CommandLine.arguments.dropFirst()))
  }

  @Test func `users have names if the system has an entry`() {
    #expect(UserDatabase.name(of: 0) == "root")
    #expect(UserDatabase.name(of: 4_000_000_000) == nil)
  }

  @Test func `the descriptor limit is raised to its maximum`() throws {
    let limit = try CurrentProcess.raiseDescriptorLimit()
    #expect(limit > 0)
    let line = try #require(text("/proc/self/limits").split(separator: "\n").first { $0.hasPrefix("Max open files") })
    let fields = line.split(separator: " ")
    #expect(fields[3] == fields[4], "what is allowed now is what is allowed at most")
    #expect(String(limit) == fields[3])
  }
}

struct LocalTimeTests {
  /// The tests do not change TZ for the whole process, so they hold in every zone: all zones are whole minutes
  /// (today) and at most a day from UTC.
  @Test(arguments: [0, 1_795_205_462_123, -1, -86_400_000, 951_782_399_000])
  func `a local time is a whole number of minutes from UTC`(milliseconds: Int64) {
    let time = LocalTime(milliseconds: milliseconds)
    #expect((1...12).contains(time.month) && (1...31).contains(time.day))
    #expect((0...23).contains(time.hour) && (0...59).contains(time.minute))
    let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    #expect(Int64(time.second) == ((seconds % 60) + 60) % 60)
  }

  @Test func `the zone has a name at every time of the year`() {
    for milliseconds in [0, 1_795_205_462_123, 1_780_000_000_000] as [Int64] {
      #expect(!LocalTime.zone(milliseconds: milliseconds).isEmpty)
    }
  }

  @Test func `a day later it is the next day at the same time`() {
    let time = LocalTime(milliseconds: 1_795_205_462_123)
    let next = LocalTime(milliseconds: 1_795_205_462_123 + 86_400_000)
    #expect(time.year == 2026 && time.month == 11)
    #expect(next.day == time.day + 1 && next.second == time.second)
  }

  @Test(arguments: [0, 1_795_205_462_000, 951_782_399_000])
  func `a local time converts back, and day 0 is the last of the month before`(milliseconds: Int64) throws {
    var time = LocalTime(milliseconds: milliseconds)
    #expect(try #require(time.milliseconds).contains(milliseconds))
    (time.month, time.day) = (3, 0)
    let day = LocalTime(milliseconds: try #require(time.milliseconds).lowerBound)
    #expect(day.month == 2 && day.day >= 28 && day.hour == time.hour)
  }

  @Test func `an unset variable is absent`() {
    #expect(Environment.value("CHAT_TEST_VARIABLE_THAT_NOBODY_SETS") == nil)
    #expect(Environment.value("PATH")?.isEmpty == false)
  }
}
