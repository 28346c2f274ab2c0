import ChatProtocol
import Testing

@testable import chat

@Suite struct ClientFilesTests {
  private let ticket = Secret("c4ca4238a0b923820dcc509a6f75849b")

  private func alice() -> Conversation {
    var alice = Conversation(movesFiles: true)
    _ = alice.comesIn()
    return alice
  }

  private func fetch(_ offset: UInt64 = 0) -> FetchedFile {
    FetchedFile(id: 7, name: "plan.pdf", size: 100, cksum: 42, ticket: ticket, offset: offset)
  }

  @Test func `a file is measured, offered to the room, and sent from where the server has it`() {
    var alice = alice()
    #expect(alice.types("/send  docs/plan a.pdf ") == [.measure(1, path: "docs/plan a.pdf")])
    #expect(
      alice.session.apply(.measured(1, size: 100, cksum: 42)) == [.send("/offer 100 42 plan a.pdf")])
    let offered = OfferedFile(id: 7, name: "plan a.pdf", ticket: ticket, offset: 40)
    #expect(
      alice.receives(ok: "offer", .offered(offered)) == [
        .upload(1, path: "docs/plan a.pdf", ticket: ticket, offset: 40, size: 100)
      ])
    // One that broke off is offered again, which tells where it goes on.
    #expect(
      alice.session.apply(.transferEnded(1, .failed(.brokenOff("reset")))) == [.send("/offer 100 42 plan a.pdf")])
    _ = alice.receives(ok: "offer", .offered(offered))
    #expect(alice.session.apply(.transferEnded(1, .done(path: nil))) == [])
    #expect(alice.session.transfers.isEmpty)
  }

  @Test func `a file is fetched, behind what is here of it already`() {
    var alice = alice()
    #expect(alice.types("/get #7 /tmp/") == [.send("/get 7")])
    #expect(alice.receives(ok: "get", .fetch(fetch())) == [.download(1, fetch(), wish: "/tmp/")])
    #expect(alice.session.apply(.partIsThere(1, 60)) == [.send("/get 7 60")])
    #expect(alice.receives(ok: "get", .fetch(fetch(60))) == [.download(1, fetch(60), wish: "/tmp/")])
    #expect(
      alice.session.apply(.transferEnded(1, .done(path: "/tmp/plan.pdf")))
        == [.show(.note("plan.pdf is in /tmp/plan.pdf."))])
  }

  @Test func `what the server or the disk refuses is told, and is over`() {
    var alice = alice()
    _ = alice.types("/get 7")
    let refused = alice.receives(error: .noSuchFile, to: "get", "There is no file #7.")
    #expect(refused == [Conversation.complaint("#7: There is no file #7.")])
    _ = alice.types("/send plan.pdf")
    #expect(
      alice.session.apply(.transferEnded(2, .failed(.local("plan.pdf: No space left on device"))))
        == [Conversation.complaint("plan.pdf: No space left on device")])
    #expect(alice.session.transfers.isEmpty)
  }

  @Test func `a file is offered to the room it was meant for and to no other`() {
    var alice = alice()
    _ = alice.types("/send plan.pdf")
    _ = alice.types("/join ops")
    _ = alice.receives(ok: "join", .moved(room: Name("ops")!, current: Name("ops")!))
    guard case .show(.complaint(let sentence))? = alice.session.apply(.measured(1, size: 1, cksum: 2)).last else {
      Issue.record("it was offered")
      return
    }
    #expect(sentence.hasPrefix("plan.pdf was meant for lobby"))
  }

  @Test func `what others share is taken unasked where that was wanted`() {
    var alice = Conversation(movesFiles: true, acceptsFilesIn: "in")
    _ = alice.comesIn()
    let file = SharedFile(id: 7, room: .lobby, from: Name("bob")!, name: "plan.pdf", size: 100)
    #expect(alice.receives(.file(file)).last == .send("/get 7"))
    #expect(alice.receives(ok: "get", .fetch(fetch())) == [.download(1, fetch(), wish: "in/")])
  }

  @Test(
    arguments: [
      ("plan.pdf", "./plan.pdf"), (".bashrc", "./_bashrc"), ("-rf", "./_rf"), ("a/b", "./a_b"), ("\u{1B}[2J", "./_[2J"),
    ])
  func `a name from elsewhere is one harmless component`(name: String, path: String) {
    #expect(FilePlace(name, id: 7, wish: nil).path(1) == path)
  }

  @Test func `another name is found beside the one that is taken`() {
    #expect(FilePlace("plan.pdf", id: 7, wish: "in/").path(2) == "in/plan (2).pdf")
    #expect(FilePlace("README", id: 7, wish: "in/").path(3) == "in/README (3)")
    #expect(FilePlace("plan.pdf", id: 7, wish: "in/other.pdf").path(1) == "in/other.pdf")
  }

  @Test func `how far a file is stands in one row`() {
    let progress = TransferProgress(name: "plan.pdf", isSending: false, done: 43, size: 100, bytesPerSecond: 12)
    #expect(
      ProgressRow(progress, isStyled: false).text(columns: 80)
        == "↓ plan.pdf ━━━━━━━━────────────  43 %  12 B/s  5 s left")
    #expect(ProgressRow(progress, isStyled: false).text(columns: 20).count <= 19)
    #expect(ProgressRow.bytes(12_345_678) == "12.3 MB" && ProgressRow.bytes(999) == "999 B")
  }
}
