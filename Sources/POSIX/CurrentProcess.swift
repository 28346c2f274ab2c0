import CLinux
import Glibc

/// Facts about the process that runs this.
package enum CurrentProcess {
  package static var id: Int32 { getpid() }

  /// Who started it; another one, where that one has ended.
  package static var parentID: Int32 { getppid() }

  /// The effective user id, the one that files and peers see.
  package static var userID: UInt32 { geteuid() }

  /// The effective group id, that of files it makes.
  package static var groupID: UInt32 { getegid() }

  /// Bytes of memory that are in RAM now, from /proc/self/statm, proc(5).
  package static func residentBytes() throws(Errno) -> Int64 {
    let fields = String(decoding: try File.readWhole("/proc/self/statm"), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { throw .inputOutput }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
  }

  /// From now on it is killed when the thread that started it ends, at the latest with that thread's process: prctl(2),
  /// PR_SET_PDEATHSIG. A program that takes its place keeps that.
  package static func endWithParent() throws(Errno) {
    _ = try checked { end_with_parent() }
  }

  /// Gives its place to a program, with the same id and descriptors: execv(3). Returns only by throwing.
  package static func become(_ path: String, _ arguments: [String]) throws(Errno) -> Never {
    // Unsafe, because the call takes C strings; they live until it returns, which it does only when it fails.
    let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    _ = unsafe execv(path, words)
    throw .current
  }

  /// Raises how many descriptors may be open (RLIMIT_NOFILE, getrlimit(2)) to what the system allows without
  /// privileges, and returns that.
  @discardableResult
  package static func raiseDescriptorLimit() throws(Errno) -> Int {
    let resource = CInt(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    _ = try checked { unsafe getrlimit(resource, &limit) }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      _ = try checked { unsafe setrlimit(resource, &limit) }
    }
    return Int(clamping: limit.rlim_cur)
  }
}

/// What the process was started with.
@safe private enum Start {
  // Unsafe, because the compiler cannot know that they are written once, before `main`, when there is one thread.
  nonisolated(unsafe) static var argumentCount: CInt = 0
  nonisolated(unsafe) static var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

  /// The C library calls this before `main`, with the arguments of `main`. Swift's own `CommandLine` reads
  /// /proc/self/cmdline, and is empty where there is no /proc.
  @section(".init_array") @used
  static let note: @convention(c) (CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Void = {
    count, words in
    unsafe argumentCount = count
    unsafe arguments = words
  }
}

extension CurrentProcess {
  /// The command line as bytes, the program's name first. A word need not be UTF-8: it may be a path.
  package static var argumentBytes: [[UInt8]] {
    unsafe (0..<Int(Start.argumentCount)).compactMap { index in
      guard let word = unsafe Start.arguments?[index] else { return nil }
      return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
  }

  /// The command line as text without the program's name. A word that is not UTF-8 ends the program, with EX_USAGE of
  /// sysexits.h(3head): whatever was made of it would name another file or folder than was meant.
  package static func arguments(of program: String) -> [String] {
    argumentBytes.dropFirst().map { word in
      guard let text = String(validating: word, as: UTF8.self) else {
        let shown = word.map { 0x20...0x7E ~= $0 ? String(Unicode.Scalar($0)) : "\\x" + String($0, radix: 16) }.joined()
        try? FileDescriptor(duplicating: 2).writeAll("\(program): the argument \(shown) is not UTF-8\n")
        exit(64)
      }
      return text
    }
  }

  /// Opens descriptors 0 to 2 where they are closed, so that no file or socket gets one of these numbers and is then taken for
  /// standard input, output or error. Every program begins with it.
  ///
  /// Reading from one of them finds the end at once, and writing fails as it does on a closed descriptor.
  package static func openStandardDescriptors() {
    for number: CInt in 0...2 where fcntl(number, F_GETFD) == -1 {
      // The lowest number that is free is this one. Where /dev is missing, a folder does as well.
      var opened = unsafe open("/dev/null", O_RDONLY)
      if opened == -1 { opened = unsafe open("/", O_RDONLY) }
      precondition(opened == number, "a process may open a descriptor when it starts")
    }
  }
}

/// The environment that the process was started with, environ(7).
package enum Environment {
  /// The variable's value, possibly empty; nil where it is not set. Nothing in this project changes the environment,
  /// so getenv(3) is safe from any thread.
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The variable's value as a path; nil where it is not set, or not UTF-8: what would be made of it leads elsewhere.
  package static func path(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// Whether the terminal obeys more than ends of lines, as far as TERM says, term(7): not where that is missing.
  package static var hasCapableTerminal: Bool { !["", "dumb", "unknown"].contains(value("TERM") ?? "") }

  /// Whether a terminal may be written to in colours and the like. no-color.org: set and not empty means without.
  package static var allowsStyles: Bool { (value("NO_COLOR") ?? "").isEmpty && hasCapableTerminal }

  /// All of it as `NAME=value` words.
  package static var all: [String] {
    var words: [String] = []
    while let word = unsafe environ[words.count] { words.append(unsafe String(cString: word)) }
    return words
  }
}
