import POSIX
import TestSupport
import Testing

@testable import ChatStore

private func lines(_ folder: TemporaryFolder, blockBytes: Int, lineBytesMax: Int = 1000) throws -> LineReader {
  try LineReader(File.open(folder.path + "/lines"), blockBytes: blockBytes, lineBytesMax: lineBytesMax)
}

private func text(_ line: Span<UInt8>) -> String {
  String(decoding: line.indices.map { line[$0] }, as: UTF8.self)
}

@Test(
  arguments: [1, 2, 3, 7, 64, 4096], ["", "\n", "a", "a\n", "\n\n", "one\ntwo\nthree\n", "one\n\nthree\nrest", "\na\n"])
func `lines are whole in both directions, whatever the block size`(blockBytes: Int, content: String) throws {
  let folder = try TemporaryFolder()
  try folder.write("lines", content)
  let whole = content.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  let file = try lines(folder, blockBytes: blockBytes)
  var back: [String] = []
  var starts: [Int64] = []
  #expect(
    try file.backwards(from: file.size, bytesMax: .max) { line, start in
      back.append(text(line))
      starts.append(start)
      return true
    } == .complete)
  #expect(back == whole.reversed())
  var forward: [String] = []
  var ends: [Int64] = []
  let end = try file.forwards(from: 0, to: file.size, bytesMax: .max) { line, next in
    forward.append(text(line))
    ends.append(next)
    return true
  }
  #expect(end == .complete)
  #expect(forward == whole)
  var offset: Int64 = 0
  #expect(
    ends
      == whole.map {
        offset += Int64($0.utf8.count) + 1; return offset
      })
  #expect(starts == ([0] + ends.dropLast()).prefix(whole.count).reversed())
}

@Test func `reading from within a line begins with the next line`() throws {
  let folder = try TemporaryFolder()
  try folder.write("lines", "one\ntwo\nthree\n")
  let file = try lines(folder, blockBytes: 5)
  for (start, first) in [(0, "one"), (1, "two"), (3, "two"), (4, "two"), (5, "three"), (8, "three"), (9, nil)] {
    var found: String?
    _ = try file.forwards(from: Int64(start), to: 14, bytesMax: .max) { line, _ in
      found = text(line)
      return false
    }
    #expect(found == first)
  }
}

@Test func `a line that is too long is skipped, and its neighbours are read`() throws {
  let folder = try TemporaryFolder()
  try folder.write("lines", "one\n" + String(repeating: "x", count: 5000) + "\ntwo\n")
  let file = try lines(folder, blockBytes: 100, lineBytesMax: 1000)
  var back: [String] = []
  _ = try file.backwards(from: file.size, bytesMax: .max) { line, _ in
    back.append(text(line)); return true
  }
  var forward: [String] = []
  _ = try file.forwards(from: 0, to: file.size, bytesMax: .max) { line, _ in
    forward.append(text(line)); return true
  }
  #expect(back == ["two", "one"])
  #expect(forward == ["one", "two"])
}

@Test func `no more bytes are read than the limit`() throws {
  let folder = try TemporaryFolder()
  try folder.write("lines", String(repeating: "123456789\n", count: 100))
  let file = try lines(folder, blockBytes: 100)
  var count = 0
  #expect(
    try file.backwards(from: 1000, bytesMax: 250) { _, _ in
      count += 1; return true
    } == .bound)
  // The first of the 25 is not known to be whole.
  #expect(count == 24)
  count = 0
  #expect(
    try file.forwards(from: 0, to: 1000, bytesMax: 250) { _, _ in
      count += 1; return true
    } == .bound)
  #expect(count == 25)
  #expect(try file.backwards(from: 1000, bytesMax: .max) { _, _ in false } == .stopped)
}
