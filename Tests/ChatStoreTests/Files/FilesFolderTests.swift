import ChatCore
import ChatProtocol
import Glibc
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private func file(_ id: MessageID, size: UInt64 = 3, isShared: Bool = true) -> FileRecord {
  FileRecord(
    id: id, room: .lobby, from: Name("alice")!, name: FileName("plan.pdf")!, size: size, cksum: 7, offered: noon,
    shared: isShared ? noon : nil)
}

private func list(_ files: [FileRecord]) -> String {
  var document = FilesDocument()
  for file in files { document.set(file) }
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct `files.json` {
  @Test func `reads back as it was written, with unknown keys`() throws {
    let written = list([file(9), file(12, isShared: false)])
    let (document, entries, errors) = FilesDocument.read(Array(written.utf8), file: "files.json")
    #expect(errors == [] && entries.map(\.record) == [file(9), file(12, isShared: false)])
    #expect(entries.map(\.line) == [4, 14])
    var changed = document
    changed.remove(12)
    var bytes: [UInt8] = []
    changed.encodeChanges()
    changed.write { bytes += $0 }
    #expect(String(decoding: bytes, as: UTF8.self) == list([file(9)]))
    let noted = written.replacing(#""cksum": 7,"#, with: #""cksum": 7, "note": "keep","#)
    var (kept, _, _) = FilesDocument.read(Array(noted.utf8), file: "files.json")
    kept.set(file(12))
    kept.encodeChanges()
    bytes = []
    kept.write { bytes += $0 }
    #expect(String(decoding: bytes, as: UTF8.self).contains(#""note": "keep""#))
  }

  @Test func `needs no times when written by hand`() throws {
    let folder = try TemporaryFolder()
    let what = #""room":"lobby","from":"alice","name":"plan.pdf","size":3,"cksum":7"#
    try folder.write(
      "files.json",
      #"{"version":1,"files":[{"id":9,\#(what)},{"id":10,\#(what),"offered":"2026-11-20T20:11:00Z"},"#
        + #"{"id":11,\#(what),"shared":null}]}"#)
    try File.makeDirectory("\(folder.path)/files")
    for id in 9...11 { try folder.write("files/\(id)", "abc") }
    let (store, loaded) = try open(folder)
    let unknown = Timestamp(milliseconds: 0)
    let offered = Timestamp("2026-11-20T20:11:00Z")!
    #expect(loaded.files.map(\.shared) == [unknown, offered, nil])
    #expect(loaded.files.map(\.offered) == [unknown, offered, unknown])
    #expect(try File.names(inDirectory: "\(folder.path)/files") == ["10", "11.part", "9"])
    store.abandon()
  }

  @Test(arguments: [
    (#""id": 9"#, #""id": 0"#, "whole number from 1"), (#""id": 9"#, #""id": 12"#, "is in line"),
    (#""room": "lobby""#, #""room": "a b""#, "is not valid"), (#""size": 3"#, #""size": -1"#, "whole number from 0"),
    (#""cksum": 7"#, #""cksum": 4294967296"#, "whole number from 0 to 4294967295"),
    (#""name": "plan.pdf""#, #""name": "../plan.pdf""#, "no slash"), (#""version": 1"#, #""version": 2"#, "version"),
  ])
  func `has the line of an error`(right: String, wrong: String, problem: String) throws {
    let folder = try TemporaryFolder()
    let text = list([file(9), file(12)])
    let first = try #require(text.firstRange(of: right))
    try folder.write("files.json", text.replacingCharacters(in: first, with: wrong))
    let errors = folder.folder.check()
    #expect(errors.count == 1 && errors[0].problem.contains(problem), "\(errors)")
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}

@Suite struct `The folder of shared files` {
  @Test func `has a part during an upload, and its reserved space`() throws {
    let folder = try TemporaryFolder()
    let files = FilesFolder(folder.folder.fileBytes)
    #expect(files.answer(.partOf(9, size: 5000)) == .bytes(0))
    let part = try files.openPart(9)
    try part.writeAll("abc")
    #expect(files.answer(.partOf(9, size: 5000)) == .bytes(3))
    #expect(files.answer(.wholeOf(9, size: 3)) == .missing)
    try files.finish(9)
    #expect(files.answer(.wholeOf(9, size: 3)) == .bytes(3) && files.answer(.wholeOf(9, size: 4)) == .missing)
    // A complete upload whose record was not written resumes after its last byte.
    #expect(files.answer(.partOf(9, size: 3)) == .bytes(3))
    #expect(try File.names(inDirectory: files.path) == ["9.part"])
    try files.finish(9)
    files.setAside(9)
    #expect(try File.names(inDirectory: files.path) == ["9.gone"])
    files.discardSetAside(9)
    #expect(try File.names(inDirectory: files.path) == [])
    #expect(files.answer(.partOf(9, size: 3)) == .bytes(0))
    files.discard(9)
    #expect(try File.names(inDirectory: files.path) == [])
  }

  @Test(.timeLimit(.minutes(1))) func `a pipe with a file's name blocks nothing`() throws {
    let folder = try TemporaryFolder()
    let files = FilesFolder(folder.folder.fileBytes)
    _ = files.answer(.partOf(9, size: 3))
    #expect(unsafe mkfifo(files.whole(9), 0o600) == 0)
    #expect(throws: Errno.self) { _ = try files.openWhole(9) }
    #expect(throws: Errno.self) {
      _ = try CapturedFile("files/9", size: 3, path: files.whole(9), later: files.whole(9)).open()
    }
  }

  @Test func `rejects a file that is larger than any disk, and leaves no part`() throws {
    let folder = try TemporaryFolder()
    let files = FilesFolder(folder.folder.fileBytes)
    guard case .failed = files.answer(.partOf(9, size: 1 << 60)) else {
      Issue.record("there is no such disk")
      return
    }
    #expect(try File.names(inDirectory: files.path) == [])
  }

  @Test func `computes the sum of cksum(1)`() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", [UInt8](repeating: 7, count: 200_000))
    let cksum = try FilesFolder(folder.path).cksum(of: File.open("\(folder.path)/x"))
    var expected = Cksum()
    expected.append([UInt8](repeating: 7, count: 200_000).span)
    #expect(cksum.count == 200_000 && cksum.value == expected.value)
  }

  @Test func `is checked at the start and by a check, and is not changed`() throws {
    let folder = try TemporaryFolder()
    try File.makeDirectory("\(folder.path)/files")
    try folder.write("files.json", list([file(9), file(10), file(11), file(12, isShared: false)]))
    try folder.write("files/9", "abc")
    try folder.write("files/10", "abcd")
    try folder.write("files/12", "abc")
    try folder.write("files/13.part", "x")
    // A removed file that a backup still read when the server died.
    try folder.write("files/15.gone", "x")
    try folder.write("files/14", "x")
    try folder.write("files/notes.txt", "x")
    let problems = ["files/10 has 4 bytes", "files/11 is missing", "no entry", "no entry"]
    let errors = folder.folder.check()
    #expect(errors.count == 4 && zip(errors, problems).allSatisfy { $0.problem.contains($1) }, "\(errors)")
    #expect(errors.map(\.line) == [14, 24, 1, 1])
    let (store, loaded) = try open(folder)
    #expect(loaded.files.map(\.id) == [9, 10, 11, 12] && loaded.nextID == 13)
    #expect(loaded.notices.count { if case .fileWarning = $0 { true } else { false } } == 4)
    // The complete file without a record is a part again, and the part without an entry is gone.
    #expect(try File.names(inDirectory: "\(folder.path)/files") == ["10", "12.part", "14", "9", "notes.txt"])
    store.abandon()
  }

  @Test func `leaves nothing of a file removed just before a crash`() throws {
    let folder = try TemporaryFolder()
    do {
      let (store, _) = try open(folder)
      try File.makeDirectory(folder.folder.fileBytes)
      try folder.write("files/9", "abc")
      try folder.write("files/10", "abc")
      store.append(.file(file(9), was: nil))
      store.append(.file(file(10), was: nil))
      try store.commit()
      store.append(.fileRemoved(was: file(9)))
      try store.commit()
      store.abandon()
    }
    #expect(folder.folder.check() == [])
    let (store, loaded) = try open(folder)
    #expect(loaded.files == [file(10)])
    #expect(!loaded.notices.contains { if case .fileWarning = $0 { true } else { false } })
    #expect(try File.names(inDirectory: folder.folder.fileBytes) == ["10"])
    store.abandon()
  }

  @Test func `has its entries in the journal before the file shows them`() throws {
    let folder = try TemporaryFolder()
    do {
      let (store, _) = try open(folder)
      store.append(.file(file(9, isShared: false), was: nil))
      store.append(.file(file(10), was: nil))
      try store.commit()
      store.append(.file(file(9), was: file(9, isShared: false)))
      store.append(.fileRemoved(was: file(10)))
      try store.commit()
      store.abandon()
    }
    let (store, loaded) = try open(folder)
    #expect(loaded.files == [file(9)] && loaded.nextID > 10)
    _ = try store.finish(isClean: true)
    #expect(try folder.text("files.json") == list([file(9)]))
  }
}
