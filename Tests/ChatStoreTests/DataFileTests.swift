import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private func file(_ folder: TemporaryFolder) -> DataFile { DataFile(folder.path + "/users.csv") }

private func replace(_ file: inout DataFile, by text: String) throws -> [String] {
  let replacement = try file.replace(at: noon) { (output) throws(Errno) in
    try output.append(Array(text.utf8)[...])
  }
  guard case .replaced(let kept) = replacement else { preconditionFailure("edits are not applied") }
  return kept
}

@Test func `a file is replaced whole, for its owner alone`() throws {
  let folder = try TemporaryFolder()
  var file = file(folder)
  #expect(try file.read() == nil)
  #expect(try replace(&file, by: "one") == [])
  #expect(try replace(&file, by: "two") == [])
  #expect(try folder.text("users.csv") == "two")
  #expect(try folder.names() == ["users.csv"])
  #expect(try File.status(file.path).mode == 0o600)
}

@Test func `large and small pieces are written in order`() throws {
  let folder = try TemporaryFolder()
  var file = file(folder)
  let large = [UInt8](repeating: 7, count: 3 << 20)
  let small = (0..<100_000).map { [UInt8(truncatingIfNeeded: $0), 1, 2] }
  _ = try file.replace(at: noon) { (output) throws(Errno) in
    for piece in small { try output.append(piece[...]) }
    try output.append(large[...])
    for piece in small { try output.append(piece[...]) }
  }
  #expect(try folder.bytes("users.csv") == small.joined() + large + small.joined())
}

/// How editors write a file.
enum HandEdit: CaseIterable {
  /// nano, `sed -i -c`: the same file, new bytes.
  case inPlace
  /// vi, `sed -i`: another file under the name.
  case byRename
  /// `echo … >>`
  case appended

  func make(in folder: TemporaryFolder, name: String) throws {
    switch self {
    case .inPlace: try folder.write(name, "edited by hand")
    case .byRename:
      try folder.write(name + ".tmp", "edited by hand")
      try File.rename("\(folder.path)/\(name).tmp", to: "\(folder.path)/\(name)")
    case .appended:
      try File.open("\(folder.path)/\(name)", [.writeOnly, .append]).writeAll("edited by hand")
    }
  }
}

@Test(arguments: HandEdit.allCases)
func `an edit made meanwhile gets another name`(edit: HandEdit) throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "as read\n")
  var file = file(folder)
  #expect(try file.read() == Array("as read\n".utf8))
  try edit.make(in: folder, name: "users.csv")
  let edited = try folder.text("users.csv")
  #expect(try replace(&file, by: "ours") == ["\(folder.path)/users.csv.edited-20261120T120000Z"])
  #expect(try folder.text("users.csv") == "ours")
  #expect(try folder.text("users.csv.edited-20261120T120000Z") == edited)
  // The next write finds the file that this one wrote.
  #expect(try replace(&file, by: "ours again") == [])
  // Another edit in the same second gets a name of its own.
  try edit.make(in: folder, name: "users.csv")
  #expect(try replace(&file, by: "ours") == ["\(folder.path)/users.csv.edited-20261120T120000Z-2"])
  #expect(try folder.text("users.csv.edited-20261120T120000Z") == edited)
}

@Test func `a new file in an empty place is an edit`() throws {
  let folder = try TemporaryFolder()
  var file = file(folder)
  #expect(try file.read() == nil)
  try folder.write("users.csv", "typed")
  let kept = try replace(&file, by: "ours")
  #expect(try kept.map { String(decoding: try File.readWhole($0), as: UTF8.self) } == ["typed"])
}

@Test func `a missing file is written again`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "as read")
  var file = file(folder)
  _ = try file.read()
  #expect(!file.isLost)
  try File.unlink(file.path)
  #expect(file.isLost)
  #expect(try replace(&file, by: "ours") == [])
  #expect(try folder.text("users.csv") == "ours")
}

@Test func `a file that a crash left under the temporary name is kept`() throws {
  let folder = try TemporaryFolder()
  var file = file(folder)
  _ = try file.read()
  try folder.write("users.csv.new", "maybe an edit")
  #expect(try replace(&file, by: "ours") == ["\(folder.path)/users.csv.left-20261120T120000Z"])
  #expect(try folder.text("users.csv.left-20261120T120000Z") == "maybe an edit")
}

@Test func `a failed write leaves the file as it was`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "as read")
  var file = file(folder)
  _ = try file.read()
  #expect(throws: Errno.noSpace) {
    _ = try file.replace(at: noon) { (output) throws(Errno) in
      try output.append(Array("half".utf8)[...])
      throw Errno.noSpace
    }
  }
  #expect(try folder.text("users.csv") == "as read")
  #expect(try folder.names() == ["users.csv"])
  #expect(try replace(&file, by: "ours") == [])
}

@Test func `a log on a full disk is unchanged`() throws {
  let folder = try TemporaryFolder()
  let disk = FaultyDisk()
  let log = try LogFile(path: folder.folder.log, disk: disk.calls)
  disk.failWriting(.noSpace, after: 3)
  #expect(throws: Errno.noSpace) { try log.append(Array("a line\n".utf8)) }
  #expect(try folder.text("chat.log") == "")
}
