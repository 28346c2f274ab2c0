import POSIX
import TestSupport
import Testing

@testable import chat_admin

private func lineRead(_ text: String) throws -> [UInt8] {
  let folder = try TemporaryFolder()
  return try AdminEnvironment.readPasswordLine(from: File.open(folder.file("input", text)))
}

@Test(arguments: [
  ("correct-horse", "correct-horse"), ("correct-horse\n", "correct-horse"), ("correct-horse\r\n", "correct-horse"),
  ("", ""), ("\n", ""), ("one\ntwo\n", "one\ntwo"),
])
func `the password is the one line of the input`(text: String, line: String) throws {
  #expect(try lineRead(text) == Array(line.utf8))
}

@Test func `an endless input is not read to its end`() {
  #expect(throws: Errno.fileTooLarge) { _ = try AdminEnvironment.readPasswordLine(from: File.open("/dev/zero")) }
}
