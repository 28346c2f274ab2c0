import TestSupport
import Testing

@testable import POSIX

@Suite final class `A folder's watch` {
  private let folder: TemporaryFolder
  private let watch: FolderWatch
  private let poller: Poller

  init() throws {
    folder = try TemporaryFolder()
    watch = try FolderWatch()
    poller = try Poller(eventsMax: 1)
    try poller.add(watch.rawValue, token: 0, interest: .readable)
  }

  /// Waits for events and returns them.
  private func events() throws -> [FolderWatch.Event] {
    #expect(try poller.wait(timeoutMilliseconds: 60_000) { _ in } == 1)
    return watch.takeAll()
  }

  @Test func `reports new names`() throws {
    let number = try watch.add(folder.path, [.created, .movedTo])
    _ = try File.open(folder.path + "/one", [.writeOnly, .create])
    try File.rename(folder.path + "/one", to: folder.path + "/a longer name than before")
    #expect(
      try events() == [
        .init(watch: number, happenings: .created, name: "one"),
        .init(watch: number, happenings: .movedTo, name: "a longer name than before"),
      ])
    #expect(watch.takeAll() == [])
  }

  @Test func `reports changes of a file under any name`() throws {
    let path = folder.path + "/file"
    _ = try File.open(path, [.writeOnly, .create])
    let number = try watch.add(path, [.modified, .closedByWriter, .opened])
    try File.rename(path, to: path + ".new")
    do {
      let file = try File.open(path + ".new", [.writeOnly, .append])
      try file.writeAll("text")
    }
    _ = try File.readWhole(path + ".new")
    #expect(
      try events()
        == [.opened, .modified, .closedByWriter, .opened].map { .init(watch: number, happenings: $0, name: "") })
    #expect(try watch.add(path + ".new", .modified) == number)
    watch.remove(number)
    _ = watch.takeAll()
    _ = try File.open(path + ".new", [.writeOnly, .truncate])
    #expect(watch.takeAll() == [])
  }

  @Test func `throws for a missing file`() throws {
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try watch.add(folder.path + "/nothing", .modified) }
  }
}

@Test func `a file has a writer while a process has it open for writing`() throws {
  let folder = try TemporaryFolder()
  let path = folder.path + "/file"
  do {
    let writer = try File.open(path, [.writeOnly, .create])
    #expect(try File.open(path).hasWriters() == true)
    withExtendedLifetime(writer.rawValue) {}
  }
  let reader = try File.open(path)
  #expect(reader.hasWriters() == false)
  // The check leaves no lease that would delay the next writer.
  let writer = try File.open(path, [.writeOnly, .nonBlocking])
  #expect(reader.hasWriters() == true)
  withExtendedLifetime(writer.rawValue) {}
}
