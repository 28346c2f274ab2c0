import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct `A transfer` {
  @Test func `counts towards the limit, half of which one user may have`() {
    var settings = Settings()
    settings.transfers = 2
    var fixture = FileFixture(settings: settings)
    let file = fixture.share()
    let bob = fixture.chat.login("bob")
    let guest = fixture.chat.guest("gus")
    func ticket(_ fixture: inout FileFixture, _ id: SessionID) -> String {
      _ = fixture.chat.send("/get \(file)", from: id)
      return fixture.chat.apply(.fileChecked(id, .bytes(5))).tickets[0]
    }
    let first = fixture.begin("/take \(ticket(&fixture, bob))").id
    let own = fixture.begin("/take \(ticket(&fixture, fixture.alice))").id
    _ = fixture.chat.apply(.fileChecked(own, .bytes(5)))
    let guests = ticket(&fixture, guest)
    let (id, refused) = fixture.begin("/take \(guests)")
    #expect(refused.errors(to: id) == [.busy] && refused.closed == [id])
    // A connection that is lost before the disk has answered frees its place, and the ticket stays valid.
    _ = fixture.chat.apply(.disconnected(first, reason: "connection lost"))
    #expect(fixture.begin("/take \(guests)").effects.errors(to: SessionID(slot: 105, generation: 105)).isEmpty)
  }

  @Test func `that resumes on another connection is cut first`() {
    var fixture = FileFixture()
    let up = fixture.begin("/put \(fixture.offer("/offer 5 7 plan.pdf").tickets[0])").id
    let again = fixture.chat.send("/offer 5 7 plan.pdf", from: fixture.alice)
    #expect(again.cut == [up])
    let broken = fixture.chat.apply(.transferEnded(up, .interrupted(reason: "cut", bytes: 3)))
    #expect(broken.closed == [up] && broken.errors(to: up) == [.brokenOff])
    #expect(fixture.chat.apply(.fileChecked(fixture.alice, .bytes(3))).offsets == [3])
  }

  @Test func `that was complete before it could be cut is not repeated`() {
    var fixture = FileFixture()
    let up = fixture.begin("/put \(fixture.offer("/offer 5 7 plan.pdf").tickets[0])").id
    _ = fixture.chat.send("/offer 5 7 plan.pdf", from: fixture.alice)
    let done = fixture.chat.apply(.transferEnded(up, .done))
    #expect(done.files.count == 1 && done.errors(to: fixture.alice) == [.nothingToDo])
  }

  @Test func `with a wrong checksum leaves nothing behind`() {
    var fixture = FileFixture()
    let up = fixture.begin("/put \(fixture.offer("/offer 5 7 plan.pdf").tickets[0])").id
    let ended = fixture.chat.apply(.transferEnded(up, .wrongCksum))
    #expect(ended.errors(to: up) == [.wrongCksum] && ended.discarded == [1] && ended.files.isEmpty)
    #expect(fixture.chat.core.files.count == 0)
  }

  @Test(arguments: [
    "/mute bob", "/ban bob", "/kick bob", "users mute", "users ban", "bans add", "users disable", "users delete",
  ])
  func `of a user who may no longer share is cut, and the file is not shared`(reason: String) {
    var fixture = FileFixture()
    let bob = fixture.inDen("bob")
    let up = fixture.begin("/put \(fixture.offer("/offer 5 7 plan.pdf", by: bob).tickets[0])").id
    #expect(fixture.chat.apply(.tick).cut.isEmpty)
    fixture.enforceBan(reason)
    #expect(fixture.chat.apply(.tick).cut == [up])
    let ended = fixture.chat.apply(.transferEnded(up, .done))
    #expect(ended.files.isEmpty && ended.records.isEmpty && ended.closed == [up])
    // A banned address does not ban its user, who may share again from another address.
    #expect(ended.errors(to: up) == [reason == "users delete" ? .noSuchFile : .notPermitted])
  }

  @Test(arguments: ["/ban bob", "users ban", "bans add", "users disable", "users delete", "/unsend 1", "/delete den"])
  func `of a user who may no longer see the file is cut`(reason: String) {
    var fixture = FileFixture()
    let bob = fixture.inDen("bob")
    #expect(fixture.share() == 1)
    let down = fixture.fetch(1, by: bob)
    #expect(fixture.chat.apply(.tick).cut.isEmpty)
    fixture.enforceBan(reason)
    #expect(fixture.chat.apply(.tick).cut == [down])
  }

  @Test func `of a guest who has quit continues`() {
    var fixture = FileFixture()
    #expect(fixture.share() == 1)
    let guest = fixture.chat.guest("gus")
    _ = fixture.fetch(1, by: guest)
    _ = fixture.chat.send("/quit", from: guest)
    #expect(fixture.chat.apply(.tick).cut.isEmpty)
  }

  @Test(arguments: ["users mute", "users ban"])
  func `does not begin for a user restricted after the ticket`(reason: String) {
    var fixture = FileFixture()
    let bob = fixture.inDen("bob")
    #expect(fixture.share() == 1)
    let up = fixture.offer("/offer 5 7 plan.pdf", by: bob).tickets[0]
    _ = fixture.chat.send("/get 1", from: bob)
    let down = fixture.chat.apply(.fileChecked(bob, .bytes(5))).tickets[0]
    fixture.enforceBan(reason)
    let put = fixture.begin("/put \(up)")
    #expect(put.effects.errors(to: put.id) == [.notPermitted])
    let take = fixture.begin("/take \(down)")
    #expect(take.effects.errors(to: take.id) == (reason == "users ban" ? [.noSuchFile] : []))
  }

  @Test func `is told that the server stops`() {
    var fixture = FileFixture()
    let up = fixture.begin("/put \(fixture.offer("/offer 5 7 plan.pdf").tickets[0])").id
    let stopped = fixture.chat.apply(.stop(reason: "The server is stopping."))
    #expect(stopped.errors(to: up) == [.brokenOff] && stopped.closed.contains(up))
    #expect(fixture.chat.apply(.transferEnded(up, .interrupted(reason: "cut", bytes: 1))).isEmpty)
  }
}
