import POSIX
import Terminal
import Testing

@testable import chat_admin

@Suite struct ConsoleHistoryTests {
  @Test func `lines are kept in a file of mode 0600, its folders made`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/history"
    let history = ConsoleHistory(path: path)
    #expect(history.load().lines.isEmpty)
    history.append("rooms list")
    ConsoleHistory(path: path).append("status")
    #expect(history.load().lines == ["rooms list", "status"])
    #expect(try File.status(path).mode == 0o600)
  }

  @Test func `a file that others could read is closed to them`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("history", "status\n")
    try File.changeMode(path, 0o644)
    ConsoleHistory(path: path).append("save")
    #expect(try File.status(path).mode == 0o600)
    #expect(ConsoleHistory(path: path).load().lines == ["status", "save"])
  }

  @Test func `a file that has grown is cut to the newest lines`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("history", (1...2500).map { "rooms info r\($0)\n" }.joined())
    let history = ConsoleHistory(path: path)
    #expect(history.load().lines.count == 1000 && history.load().lines.last == "rooms info r2500")
    #expect(try File.readWhole(path).count(where: { $0 == UInt8(ascii: "\n") }) == 1000)
    #expect(try File.names(inDirectory: folder.path) == ["history"])
  }

  @Test func `a history that cannot be kept stops nobody`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("file", "")
    let history = ConsoleHistory(path: "\(file)/below/history")
    history.append("status")
    #expect(history.load().lines.isEmpty)
    ConsoleHistory(path: nil).append("status")
  }
}
