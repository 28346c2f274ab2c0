import ChatProtocol
import TestSupport
import Testing

@testable import ChatCore

/// The accounts in dictionaries, a model for the packed ones.
private struct Model {
  var byName: [Name: Account] = [:]

  mutating func set(_ account: Account) { byName[account.name] = account }
}

private let addresses = (0..<40).map { EmailAddress("Person\($0)@example.org")! }
private let names = (0..<70).map { Name("a-name-of-some-length\($0)")! }

private func account(_ name: Name, using random: inout SeededRandom) -> Account {
  let password = String(repeating: "x", count: [1, 73, 127, 128, 20_000].randomElement(using: &random)!)
  return Account(
    name: name, password: Bool.random(using: &random) ? password : "plain:" + password,
    role: Bool.random(using: &random) ? .user : .operator, status: Bool.random(using: &random) ? .active : .disabled,
    email: Bool.random(using: &random) ? addresses.randomElement(using: &random) : nil,
    created: Bool.random(using: &random)
      ? Timestamp(milliseconds: Int64.random(in: .min ... .max, using: &random)) : nil)
}

@Suite struct `The accounts` {
  @Test(arguments: 0..<20)
  func `match the model after any additions and removals`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    var accounts = Accounts()
    var model = Model()
    for _ in 0..<400 {
      let name = names.randomElement(using: &random)!
      if Int.random(in: 0..<3, using: &random) == 0 {
        accounts.remove(name)
        model.byName[name] = nil
      } else {
        var account = account(name, using: &random)
        // The callers ensure that no two accounts have one address.
        if model.byName.values.contains(where: { $0.name != name && $0.email == account.email }) { account.email = nil }
        accounts.set(account)
        model.set(account)
      }
      check(accounts, model)
    }
  }

  private func check(_ accounts: Accounts, _ model: Model) {
    #expect(accounts.count == model.byName.count)
    for name in names { #expect(accounts[name] == model.byName[name]) }
    for address in addresses {
      #expect(accounts[address] == model.byName.values.first { $0.email == address })
    }
    #expect(Set(accounts.map(\.name)) == Set(model.byName.keys))
    let typed = model.byName.values.filter { $0.password.plainSecret != nil }
    #expect(Set(accounts.withPlainPassword.map(\.name)) == Set(typed.map(\.name)))
  }

  @Test func `are found without regard to case, and keep their spelling`() {
    let accounts: Accounts = [Account("Alice", at: "A@Example.org")]
    #expect(accounts[Name("aLICE")!]?.name.text == "Alice")
    #expect(accounts[EmailAddress("a@example.ORG")!]?.email?.text == "A@Example.org")
  }

  @Test func `have unique addresses, and the last account that gets one has it`() {
    let address = EmailAddress("a@example.org")!
    var accounts: Accounts = [Account("alice", at: "a@example.org")]
    let isAdded = accounts.addIfAddressIsFree(Account("bob", at: "A@example.org"))
    #expect(!isAdded)
    #expect(!accounts.contains(Name("bob")!))
    accounts.set(Account("bob", at: "a@example.org"))
    #expect(accounts[address]?.name == Name("bob"))
    accounts.remove(Name("alice")!)
    #expect(accounts[address]?.name == Name("bob"))
  }

  @Test func `may be very many`() {
    var accounts = Accounts()
    for number in 0..<20_000 { accounts.set(Account("user\(number)", at: "user\(number)@example.org")) }
    for number in stride(from: 0, to: 20_000, by: 2) { accounts.remove(Name("user\(number)")!) }
    for number in 0..<20_000 {
      #expect(accounts.contains(Name("user\(number)")!) == (number % 2 == 1))
      #expect((accounts[EmailAddress("user\(number)@example.org")!] != nil) == (number % 2 == 1))
    }
  }
}

extension Account {
  fileprivate init(_ name: String, at email: String) {
    self.init(name: Name(name)!, password: "*", email: EmailAddress(email)!)
  }
}

@Suite struct `The state of a user` {
  @Test func `is read back as it was stored`() {
    let all = [
      UserState(name: Name("alice")!),
      UserState(
        name: Name("Bob")!, lastSeen: Timestamp(milliseconds: -1), rooms: [.lobby, Name("Den")!], away: "",
        ignores: (0..<200).map { Name("somebody-\($0)")! }),
      UserState(name: Name("carol")!, away: String(repeating: "ä", count: 300)),
    ]
    var table = PackedTable<UserState>()
    for state in all { table.set(state) }
    #expect(Array(table) == all)
    #expect(table[Name("BOB")!]?.rooms.map(\.text) == ["lobby", "Den"])
    table.remove(Name("alice")!)
    #expect(table[Name("alice")!] == nil && table[Name("carol")!] == all[2] && table[Name("bob")!] == all[1])
  }
}
