import ChatProtocol
import Testing

@testable import ChatCore

/// Lists of names that users can add to have a maximum length.
@Suite struct `A list of names` {
  @Test func `of ignored users has a lower limit for a guest than for an account`() {
    var chat = CoreFixture(
      accounts: (0..<Core.ignoresMax).map { Account("user\($0)") } + [Account("alice"), Account("another")])
    let (guest, alice) = (chat.guest("visitor"), chat.login("alice"))
    for (session, most) in [(guest, Core.guestIgnoresMax), (alice, Core.ignoresMax)] {
      for number in 0..<most {
        #expect(chat.send("/ignore user\(number)", from: session).oks(to: session) == ["ignore"])
      }
      #expect(chat.send("/ignore another", from: session).errors(to: session) == [.nothingToDo])
      #expect(chat.send("/unignore user0", from: session).oks(to: session) == ["unignore"])
      #expect(chat.send("/ignore another", from: session).oks(to: session) == ["ignore"])
    }
  }

  @Test(arguments: ["ban", "mute", "op"])
  func `of a room has a limit`(command: String) {
    let accounts = (0...Core.listedMax).map { Account("user\($0)") } + [Account("alice")]
    var chat = CoreFixture(accounts: accounts, rooms: [RoomRecord(name: Name("den")!, owner: Name("alice")!)])
    let alice = chat.login("alice")
    _ = chat.send("/join den", from: alice)
    for number in 0..<Core.listedMax {
      #expect(chat.send("/\(command) user\(number)", from: alice).oks(to: alice) == [command])
    }
    let last = "user\(Core.listedMax)"
    #expect(chat.send("/\(command) \(last)", from: alice).errors(to: alice) == [.nothingToDo])
    #expect(chat.send("/\(command == "op" ? "deop" : "un\(command)") user7", from: alice).errors(to: alice).isEmpty)
    #expect(chat.send("/\(command) \(last)", from: alice).oks(to: alice) == [command])
  }
}
