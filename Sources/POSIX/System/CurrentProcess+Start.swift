import CLinux
import Glibc

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
