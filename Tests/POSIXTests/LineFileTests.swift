import TestSupport
import Testing

@testable import POSIX

@Suite struct LineFileTests {
  @Test func `lines are kept in a file of mode 0600, its folders made`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/history"
    let history = LineFile(path: path)
    #expect(history.load().isEmpty)
    history.append("rooms list")
    LineFile(path: path).append("status")
    #expect(history.load() == ["rooms list", "status"])
    #expect(try File.status(path).mode == 0o600)
  }

  @Test func `a file that others could read is closed to them`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("history", "status\n")
    try File.changeMode(path, 0o644)
    LineFile(path: path).append("save")
    #expect(try File.status(path).mode == 0o600)
    #expect(LineFile(path: path).load() == ["status", "save"])
  }

  @Test func `a file that has grown is cut to the newest lines`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("history", (1...2500).map { "rooms info r\($0)\n" }.joined())
    let history = LineFile(path: path)
    #expect(history.load().count == 1000 && history.load().last == "rooms info r2500")
    #expect(try File.readWhole(path).count(where: { $0 == UInt8(ascii: "\n") }) == 1000)
    #expect(try File.names(inDirectory: folder.path) == ["history"])
  }

  @Test func `a history that cannot be kept stops nobody`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("file", "")
    let history = LineFile(path: "\(file)/below/history")
    history.append("status")
    #expect(history.load().isEmpty)
    LineFile(path: nil).append("status")
  }
}
