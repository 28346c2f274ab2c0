import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import chat

@Suite struct ClientFilesTests {
  private let ticket = Secret("c4ca4238a0b923820dcc509a6f75849b")

  private func alice() -> Conversation {
    var alice = Conversation(password: "correct-horse")
    _ = alice.logsIn()
    return alice
  }

  private func fetch(_ offset: UInt64 = 0) -> FetchedFile {
    FetchedFile(id: 7, name: "plan.pdf", size: 100, cksum: 42, ticket: ticket, offset: offset)
  }

  @Test func `a file is measured, offered to the room, and sent from the server's offset`() {
    var alice = alice()
    #expect(alice.types("/send  docs/plan a.pdf ") == [.measure(1, path: "docs/plan a.pdf")])
    #expect(
      alice.session.apply(.measured(1, path: "docs/plan a.pdf", size: 100, cksum: 42)) == [
        .send("/offer 100 42 plan a.pdf")
      ])
    let offered = OfferedFile(id: 7, name: "plan a.pdf", ticket: ticket, offset: 40)
    #expect(
      alice.receives(ok: "offer", .offered(offered)) == [
        .upload(1, path: "docs/plan a.pdf", ticket: ticket, offset: 40, size: 100)
      ])
    // An interrupted upload is offered again, and the reply says where it resumes.
    #expect(
      alice.session.apply(.transferEnded(1, .failed(.brokenOff("reset")), moved: 60)) == [])
    #expect(alice.session.apply(.transferDue, at: 500) == [.send("/offer 100 42 plan a.pdf")])
    _ = alice.receives(ok: "offer", .offered(offered))
    #expect(alice.session.apply(.transferEnded(1, .done(path: nil))) == [])
    #expect(alice.session.transfers.isEmpty)
  }

  @Test func `a download resumes after the local part`() {
    var alice = alice()
    #expect(alice.types("/get #7 /tmp/") == [.send("/get 7")])
    #expect(alice.receives(ok: "get", .fetch(fetch())) == [.download(1, fetch(), destination: "/tmp/")])
    #expect(alice.session.apply(.partExists(1, 60)) == [.send("/get 7 60")])
    #expect(alice.receives(ok: "get", .fetch(fetch(60))) == [.download(1, fetch(60), destination: "/tmp/")])
    #expect(
      alice.session.apply(.transferEnded(1, .done(path: "/tmp/plan.pdf")))
        == [.show(.notice("plan.pdf is in /tmp/plan.pdf."))])
  }

  @Test func `an error of the server or the disk is shown and ends the transfer`() {
    var alice = alice()
    _ = alice.types("/get 7")
    let refused = alice.receives(error: .noSuchFile, to: "get", "There is no file #7.")
    #expect(refused == [Conversation.error("There is no file #7.")])
    _ = alice.types("/send plan.pdf")
    #expect(
      alice.session.apply(.transferEnded(2, .failed(.local("plan.pdf: No space left on device"))))
        == [Conversation.error("plan.pdf: No space left on device")])
    #expect(alice.session.transfers.isEmpty)
  }

  @Test func `a guest is told at once that only accounts share files, and may fetch`() {
    for isInteractive in [true, false] {
      var guest = Conversation(isInteractive: isInteractive)
      _ = guest.logsIn()
      let outputs = guest.types("/send plan.pdf")
      guard case .show(.error(let sentence))? = outputs.first, outputs.count == 1 else {
        Issue.record("\(outputs)")
        continue
      }
      #expect(sentence.contains("uests cannot share files; "))
      #expect(guest.types("/get 7") == [.send("/get 7")])
    }
  }

  @Test func `transfers requested while disconnected wait for the connection`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    for line in ["/send plan.pdf", "/GET 7", "/who", "hello"] { alice.type(line) }
    #expect(alice.talk.session.overview.unacknowledged == ["/send plan.pdf", "/GET 7", "hello"])
    alice.reconnect()
    alice.resume()
    for room in ["lobby", "ops"] { alice.receive(ok: "history", ReconnectingClient.past(room, [])) }
    let outputs = alice.look()
    #expect(outputs.contains(.measure(1, path: "plan.pdf")) && outputs.contains(.send("/get 7")))
  }

  @Test func `a file is offered only to the room that was current when it was sent`() {
    var alice = alice()
    _ = alice.types("/send plan.pdf")
    _ = alice.types("/join ops")
    _ = alice.receives(ok: "join", .moved(room: Name("ops")!, current: Name("ops")!))
    #expect(!offers(alice.session.apply(.measured(1, path: "plan.pdf", size: 1, cksum: 2))))
    #expect(alice.session.transfers.waiting.map(\.state) == [.waiting("until you are in lobby again")])
    _ = alice.types("/switch lobby")
    #expect(offers(alice.receives(ok: "switch", .moved(room: .lobby, current: .lobby))))
  }

  private func offers(_ outputs: [ClientOutput]) -> Bool {
    outputs.contains { if case .send(let line) = $0 { line.hasPrefix("/offer ") } else { false } }
  }

  @Test func `two transfers run at a time, and the others wait`() {
    var alice = alice()
    #expect((1...3).map { alice.types("/get \($0)") } == [[.send("/get 1")], [.send("/get 2")], []])
    #expect(alice.session.transfers.waiting.map(\.name) == ["#3"])
    #expect(alice.receives(error: .noSuchFile, to: "get").last == .send("/get 3"))
    #expect(alice.session.transfers.waiting.isEmpty)
  }

  @Test func `a transfer waits after a busy error, and longer after each interruption`() {
    var alice = alice()
    _ = alice.types("/get 7")
    #expect(alice.receives(error: .busy, to: "get") == [])
    #expect(alice.session.transferDueMilliseconds == 5000)
    #expect(alice.session.apply(.transferDue, at: 4999) == [])
    #expect(alice.session.apply(.transferDue, at: 5000) == [.send("/get 7")])
    var delays: [Int64] = []
    for _ in 1...9 {
      let nowMilliseconds = alice.session.nowMilliseconds
      _ = alice.receives(ok: "get", .fetch(fetch()))
      _ = alice.session.apply(.transferEnded(1, .failed(.brokenOff("reset"))), at: nowMilliseconds)
      delays.append(alice.session.transferDueMilliseconds! - nowMilliseconds)
      _ = alice.session.apply(.transferDue, at: nowMilliseconds + delays.last!)
    }
    #expect(delays == [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000])
    _ = alice.receives(ok: "get", .fetch(fetch()))
    #expect(
      alice.session.apply(.transferEnded(1, .failed(.brokenOff("reset")))) == [
        Conversation.error("plan.pdf: reset")
      ])
  }

  @Test func `a transfer that made progress is retried at once, however often it is interrupted`() {
    var alice = alice()
    _ = alice.types("/get 7")
    for _ in 1...20 {
      _ = alice.receives(ok: "get", .fetch(fetch()))
      _ = alice.session.apply(.transferEnded(1, .failed(.brokenOff("reset")), moved: 5))
      #expect(alice.session.transferDueMilliseconds == 500)
      #expect(alice.session.apply(.transferDue, at: 500) == [.send("/get 7")])
      alice.session.nowMilliseconds = 0
    }
  }

  @Test func `Ctrl-C stops waiting and preparing transfers`() {
    var alice = alice()
    for id in 1...3 { _ = alice.types("/get \(id)") }
    _ = alice.receives(ok: "get", .fetch(fetch()))
    // The first is running, so it ends only when its worker has stopped.
    #expect(
      alice.session.apply(.transfersStopped)
        == [2, 3].map { Conversation.error("#\($0) was stopped; /get it again to resume.") })
    #expect(alice.receives(ok: "get", .fetch(fetch())) == [])
    #expect(
      alice.session.apply(.transferEnded(1, .failed(.stopped)))
        == [Conversation.error("plan.pdf was stopped; /get it again to resume.")])
  }

  @Test func `a file that is already being transferred is rejected`() {
    var alice = alice()
    _ = alice.types("/get 7")
    #expect(alice.types("/get #7") == [Conversation.error("#7 is already being transferred.")])
    #expect(alice.types("/get 7 elsewhere/") == [.send("/get 7")])
  }

  @Test func `stopping an upload says how to withdraw its part on the server`() {
    var alice = alice()
    _ = alice.types("/send plan.pdf")
    _ = alice.session.apply(.measured(1, path: "plan.pdf", size: 100, cksum: 42))
    _ = alice.receives(ok: "offer", .offered(OfferedFile(id: 9, name: "plan.pdf", ticket: ticket, offset: 0)))
    let sentence =
      "plan.pdf was stopped; /send it again to resume, /unsend 9 to delete the part on the server."
    #expect(alice.session.apply(.transferEnded(1, .failed(.stopped))) == [Conversation.error(sentence)])
  }

  @Test func `two downloads of one file to one place use two partial files`() throws {
    let folder = try TemporaryFolder()
    let place = DownloadTarget("plan.pdf", id: 7, destination: folder.path + "/")
    do {
      let first = try PartialFile.claim(place)
      try first.descriptor.writeAll("half")
      let second = try PartialFile.claim(place)
      #expect(try first.offset(of: 9) == 4 && second.offset(of: 9) == 0)
      #expect(try folder.names() == [".plan.pdf.7.2.part", ".plan.pdf.7.part"])
      // The first to finish gets the name, which is not used as a part.
      try File.renameWithoutReplacing(first.path, to: folder.path("plan.pdf"))
      let third = try PartialFile.claim(place)
      #expect(third.path == first.path)
      #expect(try third.offset(of: 9) == 0)
    }
    #expect(try folder.names() == ["plan.pdf"])
    // A part as long as the file that was not renamed is fetched again.
    try folder.write(".plan.pdf.7.part", "whole")
    #expect(try PartialFile.claim(place).offset(of: 5) == 0)
  }

  @Test func `a script's next line waits for the file, and a failure sets the exit status`() {
    var bot = Conversation(password: "correct-horse", isInteractive: false)
    _ = bot.logsIn()
    #expect(bot.types("/send plan.pdf") == [.measure(1, path: "plan.pdf")])
    #expect(!bot.session.awaited.isShown)
    _ = bot.session.apply(.measured(1, path: "plan.pdf", size: 1, cksum: 2))
    _ = bot.receives(ok: "offer", .offered(OfferedFile(id: 7, name: "plan.pdf", ticket: ticket, offset: 0)))
    #expect(bot.session.apply(.transferEnded(1, .done(path: nil))) == [] && bot.session.awaited.isShown)
    _ = bot.types("/get 8")
    #expect(bot.session.apply(.endOfInput) == [])
    #expect(
      bot.receives(error: .noSuchFile, to: "get", "There is no file #8.")
        == [Conversation.error("line 2: There is no file #8."), .send("/quit")])
    #expect(bot.receives(ok: "quit") == [.exit(.lineRefused)])
  }

  @Test func `without a screen, quitting waits for the transfers`() {
    var alice = alice()
    _ = alice.types("/get 7")
    _ = alice.receives(ok: "get", .fetch(fetch()))
    #expect(
      alice.session.apply(.endOfInput) == [
        .show(.notice("chat leaves once all transfers are done; Ctrl-C stops them."))
      ]
    )
    #expect(alice.session.apply(.transferEnded(1, .done(path: "./plan.pdf"))).last == .send("/quit"))
  }

  @Test func `the client's own commands have help, and are suggested for a misspelling`() {
    var alice = alice()
    guard case .show(.notice(let line))? = alice.types("/help /send").first else {
      Issue.record("the server was asked")
      return
    }
    #expect(line == "/send PATH: share a file of this machine with the current room")
    #expect(
      alice.types("/sned plan.pdf")
        == [Conversation.error("Unknown command /sned. Did you mean /send? /help lists the commands.")])
    #expect(alice.types("/unsned 7") == [.send("/unsned 7")])
    #expect(alice.types("/send") == [Conversation.error("/send needs the path of a file: /send plan.pdf")])
  }

  @Test func `with --accept-files shared files are fetched automatically`() {
    var alice = Conversation(acceptsFilesIn: "in")
    _ = alice.logsIn()
    let file = SharedFile(id: 7, room: .lobby, from: Name("bob")!, name: "plan.pdf", size: 100)
    #expect(alice.receives(.file(file)).last == .send("/get 7"))
    #expect(alice.receives(ok: "get", .fetch(fetch())) == [.download(1, fetch(), destination: "in/")])
  }

  @Test(
    arguments: [
      ("plan.pdf", "./plan.pdf"), (".bashrc", "./_bashrc"), ("-rf", "./_rf"), ("a/b", "./a_b"), ("\u{1B}[2J", "./_[2J"),
    ])
  func `a received name becomes one safe path component`(name: String, path: String) {
    #expect(DownloadTarget(name, id: 7, destination: nil).path(1) == path)
  }

  @Test func `a taken name gets a number`() {
    #expect(DownloadTarget("plan.pdf", id: 7, destination: "in/").path(2) == "in/plan (2).pdf")
    #expect(DownloadTarget("README", id: 7, destination: "in/").path(3) == "in/README (3)")
    #expect(DownloadTarget("plan.pdf", id: 7, destination: "in/other.pdf").path(1) == "in/other.pdf")
  }

  @Test func `the rate of a transfer is the rate of the last seconds`() {
    let second: Int64 = 1_000_000_000
    var rate = TransferRate(from: 1000, at: 5 * second)
    #expect(rate.bytesPerSecond(done: 1000, at: 5 * second) == 0)
    for time in 1...20 as ClosedRange<UInt64> {
      #expect(rate.bytesPerSecond(done: 1000 + time * 100, at: (5 + Int64(time)) * second) == 100)
    }
    // Then it stalls.
    let rates = (21...26).map { rate.bytesPerSecond(done: 3000, at: (5 + Int64($0)) * second) }
    #expect(rates == [75, 50, 25, 0, 0, 0])
    #expect(rate.bytesPerSecond(done: 3400, at: 32 * second) == 100)
  }

  @Test(
    arguments: [
      ("\"my file.txt\"", "my file.txt"), ("'my file.txt'", "my file.txt"), ("my\\ file.txt", "my file.txt"),
      ("\"my docs\"/a", "my docs/a"), ("it's.txt", "it's.txt"), ("\"a\\\"b\\c\"", "a\"b\\c"), ("a\\", "a\\"),
      ("'as it is'", "'as it is'"), ("~x", "~x"), ("plan.pdf", "plan.pdf"),
    ])
  func `a path is read as in a shell, unless a file has that exact name`(typed: String, meant: String) throws {
    let folder = try TemporaryFolder()
    try folder.file("'as it is'")
    // The folder's own path needs no quotes.
    #expect(PathNames.resolved("\(folder.path)/\(typed)") == "\(folder.path)/\(meant)")
  }

  @Test func `several ids fetch several files`() {
    var alice = alice()
    #expect(alice.types("/get 10 #11") == [.send("/get 10"), .send("/get 11")])
    #expect(alice.receives(error: .noSuchFile, to: "get").count == 1)
    #expect(alice.types("/get 12 11 plans") == [.send("/get 12")])
    #expect(alice.session.transfers[3]?.direction == .fetching(12, destination: "11 plans"))
  }

  @Test func `a changed file is reported, and an error names its file once`() {
    var alice = alice()
    #expect(alice.types("/send \"a plan.pdf\"") == [.measure(1, path: "\"a plan.pdf\"")])
    #expect(
      alice.session.apply(.measured(1, path: "a plan.pdf", size: 1, cksum: 2)) == [.send("/offer 1 2 a plan.pdf")])
    let offered = OfferedFile(id: 7, name: "a plan.pdf", ticket: ticket, offset: 0)
    #expect(
      alice.receives(ok: "offer", .offered(offered)) == [
        .upload(1, path: "a plan.pdf", ticket: ticket, offset: 0, size: 1)
      ])
    // The same path in another spelling.
    _ = alice.types("/send 'a plan.pdf'")
    #expect(
      alice.session.apply(.measured(2, path: "a plan.pdf", size: 1, cksum: 2))
        == [Conversation.error("a plan.pdf is already being transferred.")])
    #expect(
      alice.session.apply(.transferEnded(1, .failed(.changed)))
        == [Conversation.error("a plan.pdf changed while it was sent; /send it again.")])
  }

  @Test(arguments: [2, .max] as [UInt64])
  func `an offset beyond the file's end is invalid`(offset: UInt64) {
    var alice = alice()
    _ = alice.types("/send plan.pdf")
    _ = alice.session.apply(.measured(1, path: "plan.pdf", size: 1, cksum: 2))
    let offered = OfferedFile(id: 7, name: "plan.pdf", ticket: ticket, offset: offset)
    #expect(
      alice.receives(ok: "offer", .offered(offered))
        == [Conversation.error("plan.pdf: the server's answer is invalid")])
    #expect(alice.session.transfers.isEmpty)
  }

  @Test func `the progress of a file is one row`() {
    func row(_ state: TransferProgress.State, columns: Int = 80) -> String {
      ProgressRow(TransferProgress(name: "plan.pdf", isSending: false, state: state), isStyled: false).text(
        columns: columns)
    }
    let moving = TransferProgress.State.moving(done: 43, size: 100, bytesPerSecond: 12)
    #expect(row(moving) == "↓ plan.pdf ━━━━━━━━────────────  43 %  12 B/s  5 s left")
    #expect(row(moving, columns: 20).count <= 19)
    #expect(row(.moving(done: 0, size: .max, bytesPerSecond: 1)).hasSuffix("  0 %  1 B/s  106751991167300 d 15 h left"))
    #expect(row(.waiting("the server is busy")) == "↓ plan.pdf waiting: the server is busy")
    #expect(row(.reading(done: 0, size: 0)) == "↓ plan.pdf reading")
    #expect(row(.reading(done: 43, size: 100)) == "↓ plan.pdf reading, 43 %")
    #expect(row(.moving(done: 43, size: 100, bytesPerSecond: 0)) == "↓ plan.pdf ━━━━━━━━────────────  43 %  0 B/s")
  }

  @Test func `Tab completes paths of this machine`() throws {
    let folder = try TemporaryFolder()
    for name in ["plan.pdf", "plan b.pdf", ".hidden", "escape\u{1B}"] { try folder.file(name) }
    _ = try File.open(Array(folder.path.utf8) + Array("/caf".utf8) + [0xE9], [.writeOnly, .create])
    try File.makeDirectory(folder.path("plans"))
    func names(_ typed: String) -> [String] {
      PathNames.completions(of: folder.path(typed)).map { String($0.dropFirst(folder.path.count + 1)) }
    }
    #expect(names("") == ["caf\u{FFFD}", "plan b.pdf", "plan.pdf", "plans/"])
    #expect(names("plan\\ b") == ["plan b.pdf"] && names("'plan b") == ["plan b.pdf"] && names("'none") == [])
    #expect(names("plan.") == ["plan.pdf"] && names(".") == [".hidden"] && names("none/") == [])
  }

  @Test func `a name that is not UTF-8 can be typed as it is shown`() throws {
    let folder = try TemporaryFolder()
    let base = Array(folder.path.utf8) + [UInt8(ascii: "/")]
    func make(_ name: [UInt8], _ text: String) throws {
      try File.open(base + name, [.writeOnly, .create]).writeAll(text)
    }
    try make(Array("caf".utf8) + [0xE9], "latin")
    let shown = folder.path("caf\u{FFFD}")
    #expect(PathNames.bytes(of: shown) == base + Array("caf".utf8) + [0xE9])
    #expect(PathNames.resolved("'\(shown)'") == shown)
    let work = TransferWorker(endpoint: ServerEndpoint(host: "127.0.0.1", port: 1), progress: FileProgress())
    #expect(try work.measure(shown).size == 5)
    // Two names that look alike are ambiguous, and an exact name comes first.
    try make(Array("caf".utf8) + [0xE8], "another")
    #expect(throws: TransferError.local("\(shown): No such file or directory")) { try work.measure(shown) }
    try make(Array("caf\u{FFFD}".utf8), "the character itself")
    #expect(try work.measure(shown).size == 20)
    #expect(throws: Errno.invalidArgument) { try File.status("\(shown)\0.txt") }
  }

  @Test func `a file with the longest name is fetched, even if its name is taken`() throws {
    let folder = try TemporaryFolder()
    for name in [
      String(repeating: "n", count: 251) + ".pdf", String(repeating: "ä", count: 127) + "n",
      "." + String(repeating: "e", count: 254),
    ] {
      #expect(name.utf8.count == 255)
      let place = DownloadTarget(name, id: .max, destination: folder.path + "/")
      for number in [1, 100] {
        _ = try File.open(place.part(number), [.writeOnly, .create, .exclusive])
        _ = try File.open(place.path(number), [.writeOnly, .create, .exclusive])
      }
    }
    #expect(
      DownloadTarget(String(repeating: "n", count: 251) + ".pdf", id: 7, destination: "in/").path(2).hasSuffix(
        "n (2).pdf"))
  }

  @Test func `a target path that is not UTF-8 is rejected`() throws {
    let runner = try TransferRunner(ServerEndpoint(host: "127.0.0.1", port: 1))
    let file = FetchedFile(id: 7, name: "plan.pdf", size: 1, cksum: 0, ticket: Secret("t"), offset: 0)
    #expect(runner.download(1, file, destination: "caf\u{FFFD}/") == nil)
    guard case .transferEnded(1, .failed(.local(let reason)), moved: 0)? = runner.takeInputs().first else {
      Issue.record("nothing was told")
      return
    }
    #expect(reason.contains("not UTF-8"))
  }

  @Test(
    arguments: [
      ("/send pl", "pl", ["pl/"]), ("/send  my pl", "my pl", ["my pl/"]), ("/get 7 ~/x", "~/x", ["~/x/"]),
      ("/get 7 ", "", ["/"]), ("/get 1", "1", ["12"]), ("/unsend ", "", ["12", "7"]), ("/sen", "/sen", ["/send"]),
      ("/help se", "se", ["search", "send"]),
    ])
  func `Tab completes paths, files and the client's own commands`(text: String, typed: String, words: [String]) {
    var names = KnownNames()
    for id: MessageID in [7, 12] {
      names.see(file: SharedFile(id: id, room: .lobby, from: Name("bob")!, name: "plan.pdf", size: 1))
    }
    let completion = LineCompletion(text, names: names, user: nil) { ["\($0)/"] }
    #expect(completion.typed == typed && completion.words.map(\.text) == words)
  }
}
