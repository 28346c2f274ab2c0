import POSIX
import Testing

@testable import chat_bench

struct ReadmeTests {
  private func readme() throws -> String {
    let top = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try File.readWhole("\(top)/Sources/chat-bench/README.md"), as: UTF8.self)
  }

  @Test func `the README has a row for each case, as --list prints it`() throws {
    let rows = BenchCase.all.map { "| `\($0.name)` | \($0.meaning) | \($0.good) |\n" }.joined()
    #expect(try readme().contains(rows))
  }

  @Test func `the README explains every figure of a load`() throws {
    let target = Target(name: "s", host: "127.0.0.1", port: 1, processID: nil, isIRC: false)
    let text = try readme()
    for figure in CaseResult.load("c", target, LoadResult()).figures {
      #expect(text.contains("`\(figure.key)`"), "\(figure.key)")
    }
  }
}
