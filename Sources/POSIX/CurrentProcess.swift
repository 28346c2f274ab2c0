import CLinux
import Glibc

/// This process.
package enum CurrentProcess {
  package static var id: Int32 { getpid() }

  /// The parent's id: another process adopts this one when its parent ends.
  package static var parentID: Int32 { getppid() }

  /// The effective user id, which owns new files and which peers see.
  package static var userID: UInt32 { geteuid() }

  /// The effective group id, which new files get.
  package static var groupID: UInt32 { getegid() }

  /// The path of a program in the folder of this one: proc(5), /proc/self/exe.
  package static func path(ofProgram name: String) throws(Errno) -> String {
    File.folder(of: try File.target(ofLink: "/proc/self/exe")) + "/\(name)"
  }

  /// Bytes of memory in RAM now, from /proc/self/statm, proc(5).
  package static func residentBytes() throws(Errno) -> Int64 {
    let fields = String(decoding: try File.readWhole("/proc/self/statm"), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { throw .inputOutput }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
  }

  /// From now on the kernel kills this process when the thread that started it ends: prctl(2), PR_SET_PDEATHSIG. `become` keeps
  /// that.
  package static func endWithParent() throws(Errno) { _ = try checked { end_with_parent() } }

  /// Replaces this process's program, keeping id and descriptors: execv(3). Returns only by throwing.
  package static func become(_ path: String, _ arguments: [String]) throws(Errno) -> Never {
    // Unsafe, because the call takes C strings; they live until it returns, which it does only when it fails.
    let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    _ = unsafe execv(path, words)
    throw .current
  }

  /// Raises the limit on open descriptors (RLIMIT_NOFILE, getrlimit(2)) as far as the system allows without privileges. Returns it.
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

/// The arguments of `main`.
@safe private enum Start {
  // Unsafe, because the compiler cannot know that they are written once, before `main`, when there is one thread.
  nonisolated(unsafe) static var argumentCount: CInt = 0
  nonisolated(unsafe) static var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

  /// The C library calls this before `main`, with its arguments. Swift's own `CommandLine` reads
  /// /proc/self/cmdline, and is empty without /proc.
  @section(".init_array") @used
  static let note: @convention(c) (CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Void = {
    count, words in
    unsafe argumentCount = count
    unsafe arguments = words
  }
}

extension CurrentProcess {
  /// The command line as bytes, the program's name first. A word may not be UTF-8: it may be a path.
  package static var argumentBytes: [[UInt8]] {
    unsafe (0..<Int(Start.argumentCount)).compactMap { index in
      guard let word = unsafe Start.arguments?[index] else { return nil }
      return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
  }

  /// The command line as text without the program's name. A word that is not UTF-8 ends the program with EX_USAGE of
  /// sysexits.h(3head): a repaired word would name another file than the user meant.
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

  /// Opens descriptors 0 to 2 if they are closed. Otherwise a file or socket could get one of these numbers and be used as
  /// standard input, output or error. Every program calls it first.
  ///
  /// Reading from such a descriptor finds the end at once; writing fails as on a closed one.
  package static func openStandardDescriptors() {
    for number: CInt in 0...2 where fcntl(number, F_GETFD) == -1 {
      // open(2) returns the lowest free number. Without /dev, a folder does as well.
      var opened = unsafe open("/dev/null", O_RDONLY)
      if opened == -1 { opened = unsafe open("/", O_RDONLY) }
      precondition(opened == number, "a process may open a descriptor when it starts")
    }
  }
}

/// The process's environment, environ(7).
package enum Environment {
  /// The variable's value, possibly empty; nil if it is not set. This project never changes the environment,
  /// so getenv(3) is safe from any thread.
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The variable's value as a path. Nil if it is not set or not UTF-8: a repaired path would lead elsewhere.
  package static func path(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// Whether TERM, term(7), names a terminal that obeys more than line ends.
  package static var hasCapableTerminal: Bool { !["", "dumb", "unknown"].contains(value("TERM") ?? "") }

  /// Whether output to a terminal may have colours. no-color.org: NO_COLOR, if set and not empty, turns them off.
  package static var allowsStyles: Bool { (value("NO_COLOR") ?? "").isEmpty && hasCapableTerminal }

  /// All variables as `NAME=value` words.
  package static var all: [String] {
    var words: [String] = []
    while let word = unsafe environ[words.count] { words.append(unsafe String(cString: word)) }
    return words
  }
}
