import POSIX
import Testing

struct ErrnoTests {
  @Test func `an error speaks the system's words`() {
    #expect("\(Errno.noSuchFileOrDirectory)" == "No such file or directory")
    #expect("\(Errno.noSpace)" == "No space left on device")
  }

  @Test func `a number that no error has is still told`() {
    #expect("\(Errno(rawValue: 9999))".contains("9999"))
  }

  @Test func `a failed call throws the error that the system gave`() {
    #expect(throws: Errno.noSuchFileOrDirectory) { try File.readWhole("/nonexistent/file") }
    #expect(throws: Errno.notDirectory) { try File.names(inDirectory: "/dev/null") }
    #expect(throws: Errno.isDirectory) { try File.readWhole("/") }
  }
}
