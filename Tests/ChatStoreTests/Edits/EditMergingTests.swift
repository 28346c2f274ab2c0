import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// Bob's new password.
private let hash = "$y$j9T$FktxEJkAku7qJRQQGRBkD1$15KRwrhF9D8hlmBIhxqeniKsYlF2o/CRIVXSC//KQ.0"

/// Edits that are merged with changes of the server.
@Suite struct `An edit that meets the server's changes` {
  private let erin = account("erin")
  private let bob = account("bob")

  @Test func `keeps a registration that no file shows yet`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    try fixture.rename("users.csv", EditFixture.users + "frank,*,\n")
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.accounts.map(\.name.text) == ["frank"])
    // Another registration comes before the core has applied the edit.
    fixture.writer.documents.apply([.account(account("grace"), was: nil)], at: 0)
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users + "frank,*,\nerin,*,\ngrace,*,\n")
  }

  @Test func `keeps changes that were written while the person typed`() throws {
    var fixture = try EditFixture()
    let opened = try fixture.folder.text("users.csv")
    fixture.turn()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    fixture.writer.documents.apply([.account(account("bob", password: hash), was: bob)], at: 0)
    fixture.write()
    #expect(try File.status(fixture.folder.folder.users).size > Int64(opened.utf8.count))
    // The editor saves its old buffer over the file.
    try fixture.rename("users.csv", opened + "frank,*,\n")
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.accounts.map(\.name.text) == ["frank"])
    try fixture.confirm()
    fixture.write()
    #expect(
      try fixture.folder.text("users.csv")
        == EditFixture.users.replacing("bob,*", with: "bob,\(hash)") + "frank,*,\nerin,*,\n")
  }

  @Test func `removes a row that was in every version that the person may have read`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.account(account("bob", password: hash), was: bob)], at: 0)
    fixture.write()
    _ = try fixture.folder.text("users.csv")
    fixture.turn()
    try fixture.rename("users.csv", EditFixture.users.replacing("bob,*,\n", with: ""))
    fixture.turn()
    let edit = try #require(fixture.scans.all.last?.edit)
    #expect(edit.accounts.map(\.name) == [bob.name] && edit.accounts.allSatisfy { $0.now == nil && $0.isRecent })
    // The removed rows are saved, so that they can be added again.
    let removed = try #require(edit.accountRemarks.removed)
    #expect(try File.readWhole(removed) == Array("name,password,note\nbob,\(hash),\n".utf8))
    #expect(try File.status(removed).mode == 0o600)
    try fixture.confirm([.accountRemoved(was: account("bob", password: hash))])
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users.replacing("bob,*,\n", with: ""))
  }

  @Test func `keeps a row that was added after the person read the file`() throws {
    var fixture = try EditFixture()
    let opened = try fixture.folder.text("users.csv")
    fixture.turn()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    fixture.writer.documents.apply([.account(account("bob", password: hash), was: bob)], at: 0)
    fixture.write()
    _ = try fixture.folder.text("users.csv")
    fixture.turn()
    for text in [opened, opened + "frank,*,\n"] {
      try fixture.rename("users.csv", text)
      fixture.turn()
      let edit = try #require(fixture.scans.all.last?.edit)
      #expect(edit.accounts.allSatisfy { $0.name.text == "frank" })
      #expect(edit.accountRemarks.kept == [.init(bob.name, ["password"]), .init(erin.name, ["removal"])])
      try fixture.confirm()
      fixture.write()
      #expect(
        try fixture.folder.text("users.csv")
          == text.replacing("bob,*", with: "bob,\(hash)") + "erin,*,\n")
      _ = try fixture.folder.text("users.csv")
      fixture.turn()
    }
  }

  @Test func `removes a recent row where the edit has a later one`() throws {
    var fixture = try EditFixture()
    for name in ["erin", "frank"] {
      fixture.writer.documents.apply([.account(account(name), was: nil)], at: 0)
      fixture.write()
    }
    _ = try fixture.folder.text("users.csv")
    fixture.turn()
    try fixture.rename("users.csv", EditFixture.users + "frank,*,\n")
    fixture.turn()
    let edit = try #require(fixture.scans.all.last?.edit)
    #expect(edit.accounts == [.init(name: erin.name, was: erin, now: nil, isRecent: true)])
    #expect(edit.accountRemarks.kept == [])
  }

  @Test func `keeps a row that was added after the person read the file, also after a crash`() throws {
    let journal = """
      {"n":1,"file":"users.csv","key":"erin","was":null,"row":{"name":"erin","password":"*","role":"user","status":"active","email":null,"created":null}}
      {"n":2,"covered":{"users.csv":1}}

      """
    var fixture = try EditFixture(users: EditFixture.users + "erin,*,\n", journal: journal)
    _ = try fixture.folder.text("users.csv")
    try fixture.rename("users.csv", EditFixture.users.replacing("bob,*,\n", with: ""))
    fixture.turn()
    let edit = try #require(fixture.scans.all.last?.edit)
    #expect(edit.accounts.map(\.name.text) == ["bob"])
    #expect(edit.accountRemarks.kept == [.init(erin.name, ["removal"])])
  }

  @Test func `keeps a room that was added after the person read the file`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.room(RoomRecord(name: Name("attic")!, topic: "high"), was: nil)], at: 0)
    fixture.write()
    _ = try fixture.folder.text("rooms.json")
    fixture.turn()
    try fixture.rename("rooms.json", EditFixture.rooms.replacing("red", with: "blue"))
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.roomRemarks.kept == [.init(Name("attic")!, ["removal"])])
    fixture.write()
    let text = try fixture.folder.text("rooms.json")
    #expect(text.contains("attic") && text.contains("blue"))
  }

  @Test func `leaves a row that both changed to the core, and writes the row that the core records`() throws {
    var fixture = try EditFixture()
    var server = bob
    server.password = hash
    fixture.writer.documents.apply([.account(server, was: bob)], at: 0)
    try fixture.rename(
      "users.csv", EditFixture.users.replacing("bob,*,", with: "bob,*,known").replacing("note", with: "status"))
    fixture.turn()
    #expect(fixture.scans.all.last?.newErrors.isEmpty == false)
    let text = EditFixture.users.replacing("password,note", with: "password,status").replacing("first", with: "active")
      .replacing("bob,*,", with: "bob,*,disabled")
    try fixture.rename("users.csv", text)
    fixture.turn()
    var now = bob
    now.status = .disabled
    #expect(fixture.scans.all.last?.edit.accounts == [.init(name: bob.name, was: bob, now: now, isRecent: true)])
    var merged = server
    merged.status = .disabled
    // Nothing is written before the core has merged the row.
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text)
    try fixture.confirm([.account(now, was: server), .account(merged, was: now)])
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text.replacing("bob,*", with: "bob,\(hash)"))
  }

  @Test func `does not restore a deleted room when an older file with other changes is saved`() throws {
    var fixture = try EditFixture()
    let den = RoomRecord(name: Name("den")!)
    fixture.writer.documents.apply([.roomRemoved(was: den)], at: 0)
    try fixture.rename("rooms.json", EditFixture.rooms.replacing(#""hall""#, with: #""hall","topic":"wide""#))
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.rooms.map(\.name.text) == ["hall"])
    try fixture.confirm()
    fixture.write()
    let text = try fixture.folder.text("rooms.json")
    #expect(!text.contains("den") && text.contains(#"{"name": "hall","topic":"wide"}"#))
  }

  @Test(arguments: [
    EditFixture.users.replacing("bob,*", with: "bob,\(hash)"), EditFixture.users.replacing("bob,*,\n", with: ""),
    EditFixture.users + "erin,*,\n",
  ])
  func `stays when the server changes a row and changes it back before the core begins`(text: String) throws {
    var fixture = try EditFixture()
    try fixture.rename("users.csv", text)
    fixture.turn()
    var disabled = bob
    disabled.status = .disabled
    fixture.writer.documents.apply(
      [
        .account(disabled, was: bob), .account(bob, was: disabled), .account(erin, was: nil),
        .accountRemoved(was: erin),
      ], at: 0)
    // The core finds each row as the person did, and records none.
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text)
  }

  @Test(arguments: [
    #"{"rooms": [{"name": "lobby", "topic": "typed"}, {"name": "den"}]}"# + "\n",
    #"{"rooms": [{"name": "den", "topic": "typed"}]}"# + "\n",
  ])
  func `of rooms stays when the server changes them and changes them back before the core begins`(
    text: String
  ) throws {
    var fixture = try EditFixture(rooms: #"{"rooms": [{"name": "den"}]}"# + "\n")
    try fixture.rename("rooms.json", text)
    fixture.turn()
    let records = ["lobby", "den"].flatMap { name -> [Record] in
      let was = RoomRecord(name: Name(name)!)
      let changed = RoomRecord(name: was.name, topic: "for a moment")
      return [.room(changed, was: was), .room(was, was: changed)]
    }
    fixture.writer.documents.apply(records, at: 0)
    try fixture.confirm()
    fixture.write()
    let rooms = RoomsDocument.read(try fixture.folder.bytes("rooms.json"), file: "rooms.json").1
    #expect(rooms.contains { $0.topic == "typed" } && !rooms.contains { $0.topic == "for a moment" })
  }

  @Test func `is written again when its file is lost before the core has applied it`() throws {
    var fixture = try EditFixture()
    let text = EditFixture.users + "frank,*,\n"
    try fixture.rename("users.csv", text)
    fixture.turn()
    try File.unlink(fixture.folder.folder.users)
    fixture.writer.documents.markAllChanged(at: 0)
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text)
  }

  @Test func `survives a write at the same time, and is merged with the server's changes`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    let text = EditFixture.users + "frank,*,\n"
    try fixture.rename("users.csv", text)
    fixture.writer.writeDue(at: .max)
    #expect(try fixture.folder.text("users.csv") == text)
    fixture.turn()
    fixture.pass(milliseconds: 500)
    fixture.turn()
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == text + "erin,*,\n")
    #expect(try fixture.folder.names().allSatisfy { !$0.contains(".edited") && !$0.contains(".new") })
  }

  @Test func `waits for a program that has the file open for writing`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    do {
      let file = try File.open(fixture.folder.folder.users, [.writeOnly, .append])
      fixture.write()
      #expect(try fixture.folder.text("users.csv") == EditFixture.users)
      try file.writeAll("frank,*,\n")
    }
    fixture.turn()
    #expect(fixture.scans.all.last?.edit.accounts.map(\.name.text) == ["frank"])
    try fixture.confirm()
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users + "frank,*,\nerin,*,\n")
  }

  @Test func `does not block the server when a program keeps the file open`() throws {
    var fixture = try EditFixture()
    fixture.writer.documents.apply([.account(erin, was: nil)], at: 0)
    let file = try File.open(fixture.folder.folder.users, [.writeOnly, .append])
    for _ in 1...100 {
      fixture.write()
      fixture.pass(milliseconds: 500)
      fixture.turn()
    }
    #expect(try fixture.folder.names().allSatisfy { !$0.hasPrefix("users.csv.") })
    #expect(try fixture.folder.text("users.csv") == EditFixture.users)
    fixture.writer.documents.users.writerTimeoutNanoseconds = 0
    fixture.write()
    #expect(try fixture.folder.text("users.csv") == EditFixture.users + "erin,*,\n")
    // Later writes to the old file are not lost.
    try file.writeAll("frank,*,\n")
    let kept = try #require(try fixture.folder.names().first { $0.hasPrefix("users.csv.open-") })
    #expect(try fixture.folder.text(kept) == EditFixture.users + "frank,*,\n")
  }

  @Test func `at the end is merged without a core`() throws {
    let folder = try TemporaryFolder()
    try folder.write("users.csv", EditFixture.users)
    do {
      let (store, _) = try Store.open(folder.folder, clock: { noon }, report: { _ in }, edited: { _ in })
      var server = bob
      server.password = hash
      store.append(.account(server, was: bob))
      store.append(.account(erin, was: nil))
      try store.commit()
      try folder.write("users.csv.tmp", EditFixture.users.replacing("bob,*", with: "Bob,*") + "frank,*,\n")
      try File.rename("\(folder.path)/users.csv.tmp", to: folder.folder.users)
      let report = try store.finish(isClean: true)
      #expect(report.written.contains("users.csv"))
    }
    #expect(
      try folder.text("users.csv")
        == EditFixture.users.replacing("bob,*", with: "Bob,\(hash)") + "frank,*,\nerin,*,\n")
  }

  @Test func `at the end keeps its address, although another account has registered it`() throws {
    let folder = try TemporaryFolder()
    try folder.write("users.csv", EditFixture.users.replacing("note", with: "email").replacing("first", with: ""))
    let us = EmailAddress("us@example.org")
    do {
      let (store, _) = try Store.open(folder.folder, clock: { noon }, report: { _ in }, edited: { _ in })
      var registered = erin
      registered.email = us
      store.append(.account(registered, was: nil))
      try store.commit()
      let text = try folder.text("users.csv").replacing("bob,*,", with: "bob,*,us@example.org")
      try folder.write("users.csv.tmp", text)
      try File.rename("\(folder.path)/users.csv.tmp", to: folder.folder.users)
      _ = try store.finish(isClean: true)
    }
    let (_, loaded) = try open(folder)
    #expect(loaded.accounts[us!]?.name == bob.name)
    #expect(loaded.accounts[erin.name] == erin)
  }

  @Test func `with an error at the end stays, and the server's changes follow with the next start`() throws {
    let folder = try TemporaryFolder()
    try folder.write("users.csv", EditFixture.users)
    do {
      let (store, _) = try Store.open(folder.folder, clock: { noon }, report: { _ in }, edited: { _ in })
      store.append(.account(erin, was: nil))
      try store.commit()
      try folder.write("users.csv.tmp", EditFixture.users + "al ice,*\n")
      try File.rename("\(folder.path)/users.csv.tmp", to: folder.folder.users)
      #expect(try store.finish(isClean: true).notices.contains(.writeBlocked(file: "users.csv")))
    }
    #expect(try folder.text("users.csv") == EditFixture.users + "al ice,*\n")
    try folder.write("users.csv", EditFixture.users + "alice2,*\n")
    let (_, loaded) = try Store.open(folder.folder, clock: { noon }, report: { _ in }, edited: { _ in })
    #expect(loaded.accounts.map(\.name.text) == ["alice", "bob", "carol", "dave", "alice2", "erin"])
  }
}
