import TestSupport
import Testing

@testable import POSIX

struct FileTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 200_000])
  func `a file of any size is read whole`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 17) }
    try File.open(folder.path("f"), [.writeOnly, .create]).writeAll(bytes)
    #expect(try File.readWhole(folder.path("f")) == bytes)
    #expect(try File.status(folder.path("f")).size == Int64(count))
  }

  @Test func `a file of the kernel with a size of 0 is read whole`() throws {
    #expect(try text("/proc/self/status").contains("VmRSS:"))
  }

  @Test func `a file over the size limit is not read`() throws {
    let path = try folder.file("f", "12345")
    #expect(throws: Errno.fileTooLarge) { try File.readWhole(path, bytesMax: 4) }
    #expect(try File.readWhole(path, bytesMax: 5).count == 5)
  }

  @Test func `status has kind, mode, owner and time`() throws {
    let path = try folder.file("f", "abc")
    try File.changeMode(path, 0o640)
    let before = try File.status(path)
    #expect(before.isRegular && !before.isDirectory && !before.isSocket)
    #expect(before.mode == 0o640)
    #expect(before.owner == CurrentProcess.userID)
    #expect(before.size == 3)
    // The file's clock is the time of day, coarser by some milliseconds.
    #expect(abs(before.modifiedNanoseconds / 1_000_000 - SystemClock.nowMilliseconds) < 3_600_000)
    #expect(try File.status(folder.path).isDirectory)
    #expect(try File.statusIfPresent(folder.path("none")) == nil)
  }

  @Test func `a file keeps its inode, and a replacement has another`() throws {
    let path = try folder.file("f", "one")
    let descriptor = try File.open(path)
    let other = try folder.file("g", "two")
    #expect(try descriptor.status().inode == File.status(path).inode)
    try File.rename(other, to: path)
    #expect(try descriptor.status().inode != File.status(path).inode)
    #expect(try text(path) == "two")
  }

  @Test func `an exchange swaps two files`() throws {
    let first = try folder.file("first", "1")
    let second = try folder.file("second", "2")
    let inode = try File.status(first).inode
    try File.exchange(first, second)
    #expect(try text(first) == "2")
    #expect(try text(second) == "1")
    #expect(try File.status(second).inode == inode)
  }

  @Test func `an exchange needs both files`() throws {
    let first = try folder.file("first", "1")
    #expect(throws: Errno.noSuchFileOrDirectory) { try File.exchange(first, folder.path("none")) }
    #expect(try text(first) == "1")
  }

  @Test func `renaming without replacing keeps an existing file`() throws {
    let first = try folder.file("first", "1")
    let second = try folder.file("second", "2")
    #expect(throws: Errno.fileExists) { try File.renameWithoutReplacing(first, to: second) }
    #expect(try text(second) == "2")
    try File.renameWithoutReplacing(first, to: folder.path("third"))
    #expect(try File.names(inDirectory: folder.path) == ["second", "third"])
  }

  @Test func `an exclusive create fails if the name is taken`() throws {
    let path = try folder.file("f", "kept")
    #expect(throws: Errno.fileExists) { _ = try File.open(path, [.writeOnly, .create, .exclusive]) }
    #expect(try text(path) == "kept")
  }

  @Test func `names are in byte order without the dots`() throws {
    for name in ["b", "é", "a", "B", ".hidden"] { _ = try folder.file(name) }
    try File.makeDirectory(folder.path("c"))
    #expect(try File.names(inDirectory: folder.path) == [".hidden", "B", "a", "b", "c", "é"])
    #expect(throws: Errno.fileExists) { try File.makeDirectory(folder.path("c")) }
    try File.syncDirectory(folder.path)
  }

  @Test func `appending writes at the end, even after the file changed`() throws {
    let path = folder.path("log")
    let log = try File.open(path, [.writeOnly, .create, .append])
    try log.writeAll("one\ntorn")
    try log.truncate(to: 4)
    try log.writeAll("two\n")
    try log.sync()
    try log.sync(.everything)
    #expect(try text(path) == "one\ntwo\n")
  }

  @Test func `a read at an offset leaves the descriptor where it was`() throws {
    let file = try File.open(folder.file("f", "0123456789"))
    #expect(try file.pread(upTo: 3, at: 4) == Array("456".utf8))
    #expect(try file.pread(upTo: 3, at: 9) == Array("9".utf8))
    #expect(try file.pread(upTo: 3, at: 10) == [])
    #expect(try file.read(upTo: 2) == Array("01".utf8))
  }

  @Test func `reserving space keeps the size`() throws {
    let file = try File.open(folder.path("f"), [.readWrite, .create])
    try file.preallocate(from: 0, length: 1 << 20)
    #expect(try file.size() == 0)
    try file.writeAll("abc")
    #expect(try file.size() == 3)
  }

  @Test func `only one of two open files gets the lock, until it closes`() throws {
    let path = try folder.file("lock")
    let second = try File.open(path, .readWrite)
    do {
      let first = try File.open(path, .readWrite)
      #expect(try first.tryLock() == true)
      #expect(try first.tryLock() == true, "who has it still has it")
      #expect(try second.tryLock() == false)
    }
    #expect(try second.tryLock() == true)
  }

  @Test func `a folder is free after its release, even while a child has a copy of the lock's descriptor`() throws {
    let path = folder.path("lock")
    let copy: FileDescriptor
    do {
      let lock = try FolderLock.take(path: path)
      copy = try lock.descriptor.duplicate()
      #expect(throws: FolderLock.Failure.self) { _ = try FolderLock.take(path: path) }
    }
    #expect(try copy.size() == 0, "nobody is named who is gone")
    let lock = try FolderLock.take(path: path)
    #expect(try text(path) == "\(CurrentProcess.id)\n")
    withExtendedLifetime(lock) {}
  }
}

@Suite struct LineFileTests {
  @Test func `lines are saved in a file of mode 0600 with its folders`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/history"
    let history = LineFile(path: path)
    #expect(history.load().isEmpty)
    history.append("rooms list")
    LineFile(path: path).append("status")
    #expect(history.load() == ["rooms list", "status"])
    #expect(try File.status(path).mode == 0o600)
  }

  @Test func `a file that others could read is made private`() throws {
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

  @Test func `a history that cannot be saved is not an error`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("file", "")
    let history = LineFile(path: "\(file)/below/history")
    history.append("status")
    #expect(history.load().isEmpty)
    LineFile(path: nil).append("status")
  }
}
