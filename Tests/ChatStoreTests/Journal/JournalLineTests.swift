import ChatCore
import ChatProtocol
import Testing
import Text

@testable import ChatStore

@Suite struct `A line of the journal` {
  @Test(arguments: everyRecord.map { JournalLine($0) } + [.lease(5000), .covered([.users: 17, .state: 0])])
  func `is one line, and reads back as it was written`(written: JournalLine) throws {
    let bytes = line(written, 42)
    #expect(bytes.firstIndex(of: UInt8(ascii: "\n")) == bytes.count - 1)
    let read = try #require(JournalLine.read(Array(bytes.dropLast())))
    #expect(read.number == 42)
    #expect(read.line == written.cleaned)
  }

  @Test func `looks like this`() {
    #expect(
      String(decoding: line(JournalLine(.account(Account("Alice"), was: nil)), 17), as: UTF8.self)
        == #"{"n":17,"file":"users.csv","key":"alice","was":null,"row":{"name":"Alice","password":"*","role":"user","#
        + #""status":"active","email":null,"created":null}}"# + "\n")
    #expect(
      String(decoding: line(JournalLine(.mailRead(by: Name("bob")!, upTo: 9)), 19), as: UTF8.self)
        == #"{"n":19,"file":"state.json","read":{"user":"bob","up_to":9}}"# + "\n")
    #expect(
      String(decoding: line(.lease(5000), 20) + line(.covered([.users: 17]), 21), as: UTF8.self)
        == #"{"n":20,"lease":5000}"# + "\n" + #"{"n":21,"covered":{"users.csv":17}}"# + "\n")
  }

  @Test(arguments: [
    (
      Record.room(
        RoomRecord(
          name: Name("Den")!, topic: "a\"b", owner: Name("alice")!, created: noon, firstID: 7,
          moderators: [Name("Bob")!, Name("carol")!]), was: nil),
      #""file":"rooms.json","key":"den","was":null,"row":{"name":"Den","topic":"a\"b","owner":"alice","#
        + #""password":null,"created":"2026-11-20T12:00:00.000Z","first_id":7,"moderators":["Bob","carol"],"#
        + #""banned":[],"muted":[]}}"#
    ),
    (
      .restriction(Restriction(.init(.ban, .user(Name("Mallory")!)), since: noon, by: "root", reason: "x"), was: nil),
      #""file":"state.json","key":"ban user mallory","was":null,"row":{"user":"Mallory","#
        + #""since":"2026-11-20T12:00:00.000Z","until":null,"by":"root","reason":"x"}}"#
    ),
    (
      .restriction(Restriction(.init(.ban, .addresses(AddressBlock("192.0.2.0/24")!)), until: noon), was: nil),
      #""file":"state.json","key":"ban address 192.0.2.0/24","was":null,"row":{"address":"192.0.2.0/24","#
        + #""since":null,"until":"2026-11-20T12:00:00.000Z","by":"","reason":""}}"#
    ),
    (
      .mail(Mail(7, to: "Alice", "hi")),
      #""file":"state.json","mail":{"id":7,"time":"2026-11-20T12:00:00.000Z","from":"bob","to":"Alice","text":"hi"}}"#
    ),
    (
      .file(
        FileRecord(
          id: 9, room: .lobby, from: Name("bob")!, name: FileName("a b.txt")!, size: 5, cksum: 6, offered: noon),
        was: nil),
      #""file":"files.json","key":"9","was":null,"row":{"id":9,"room":"lobby","from":"bob","name":"a b.txt","#
        + #""size":5,"cksum":6,"offered":"2026-11-20T12:00:00.000Z","shared":null}}"#
    ),
  ])
  func `has the members in this order`(record: Record, text: String) {
    #expect(String(decoding: line(JournalLine(record), 3), as: UTF8.self) == #"{"n":3,"# + text + "\n")
  }

  @Test func `has the digest of a user's state without the name`() {
    let state = #","last_seen":null,"rooms":["lobby"],"away":null,"ignores":[]"#
    #expect(
      JournalRow.user(UserState(name: Name("alice")!, rooms: [.lobby])).digest == Digest(of: Array(state.utf8)))
  }

  @Test func `is invalid if truncated anywhere`() {
    for record in everyRecord {
      let bytes = Array(line(JournalLine(record), 1).dropLast())
      for length in 0..<bytes.count { #expect(JournalLine.read(Array(bytes[..<length])) == nil) }
    }
  }

  @Test(arguments: [
    "{}", "[]", "null", #"{"n":1}"#, #"{"n":-1,"lease":5}"#, #"{"n":1,"lease":"5"}"#, #"{"n":1,"covered":{"x":1}}"#,
    #"{"n":1,"file":"chat.log","key":"a","was":null,"row":null}"#,
    #"{"n":1,"file":"users.csv","key":"a","was":"12","row":null}"#, #"{"n":1,"file":"users.csv","key":"a","row":null}"#,
    #"{"n":1,"file":"rooms.json","key":"a","was":null,"row":{"name":"b"}}"#,
    #"{"n":1,"file":"users.csv","key":"a","was":null,"row":{"name":"a"}}"#,
    #"{"n":1,"file":"users.csv","mail":{"id":1}}"#, #"{"n":1,"file":"state.json","mail":{"id":1}}"#,
  ])
  func `is invalid with other content`(text: String) {
    #expect(JournalLine.read(Array(text.utf8)) == nil)
  }

  @Test func `has only the change of a row with long lists`() {
    let room = Record.room(longLists(topic: "new", banned: 0..<1001), was: longLists(topic: "old", banned: 0..<1000))
    #expect(line(JournalLine(room), 1).count < 400)
    var user = UserChange(Name("alice")!, lastSeen: noon)
    user.away = .back
    user.joined = [Name("den")!]
    #expect(
      String(decoding: line(JournalLine(.user(user)), 2), as: UTF8.self)
        == #"{"n":2,"file":"state.json","user":{"name":"alice","last_seen":"2026-11-20T12:00:00.000Z","away":null,"#
        + #""joined":["den"]}}"# + "\n")
    // A changed order is written as the whole list.
    var turned = longLists(topic: "", banned: 0..<20)
    turned.banned.reverse()
    guard case .change = JournalLine(.room(turned, was: longLists(topic: "", banned: 0..<20))) else {
      Issue.record("an order is no change of single names")
      return
    }
  }

  @Test func `has the row's digest, whatever its form in the file`() {
    let files = [
      "name,password\nalice,*\n", "email,status,role,password,name\r\n,active,user,\"*\",\"alice\"\r\n",
      "\u{FEFF}name,password,x\nalice,*,kept",
    ]
    for file in files {
      let (_, accounts, errors) = UsersReader.read(Array(file.utf8), file: "users.csv")
      #expect(errors == [])
      #expect(accounts.map { JournalRow.account($0).digest } == [JournalRow.account(Account("alice")).digest])
    }
    #expect(JournalRow.account(Account("Alice")).digest != JournalRow.account(Account("alice")).digest)
  }

  /// http://www.isthe.com/chongo/tech/comp/fnv/ gives these for the 64-bit FNV-1a of "" and "foobar".
  @Test func `digests as FNV-1a does`() {
    #expect(Digest(of: []).hexadecimal == "cbf29ce484222325")
    #expect(Digest(of: Array("foobar".utf8)).hexadecimal == "85944171f73967e8")
    #expect(Digest(hexadecimal: "85944171f73967e8") == Digest(of: Array("foobar".utf8)))
  }
}

extension JournalLine {
  /// The server contains only clean texts. A text of a test that is not clean is cleaned when it is read.
  fileprivate var cleaned: JournalLine {
    guard case .change(let file, let name, let was, .room(var room)) = self else { return self }
    room.topic = CleanText.string(from: room.topic)
    return .change(file: file, key: name, was: was, row: .room(room))
  }
}
