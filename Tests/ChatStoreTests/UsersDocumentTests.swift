import ChatCore
import ChatProtocol
import TestSupport
import Testing

@testable import ChatStore

private let hash = "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

private func read(_ text: String) throws -> (UsersDocument, [Account]) {
  let (document, accounts, errors) = UsersReader.read(Array(text.utf8), file: "users.csv")
  try #require(errors == [])
  return (document, accounts)
}

private func written(_ document: UsersDocument) -> String {
  var document = document
  document.encodeChanges()
  var bytes: [UInt8] = []
  document.write { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

private func account(_ name: String) -> Account { Account(name: Name(name)!, password: hash) }

/// The forms in which spreadsheets and people write the same two accounts.
private let spellings = [
  "name,password,role\nalice,\(hash),operator\nbob,*,\n",
  "name,password,role\nalice,\(hash),operator\nbob,*\n",
  "name,password,role\nalice,\(hash),operator\nbob,*,",
  "name,password,role\r\nalice,\(hash),operator\r\nbob,*,\r\n",
  "name,password,role\ralice,\(hash),operator\rbob,*,\r",
  "\u{FEFF}name,password,role\nalice,\(hash),operator\nbob,*,\n",
  "\"name\",\"password\",\"role\"\n\"alice\",\"\(hash)\",\"operator\"\n\"bob\",\"*\",\"\"\n",
  "\n\nname,password,role\n\nalice,\(hash),operator\n  \n\nbob,*,\n\n",
  " name , password\t,role\nalice,\(hash),operator\nbob,*,\n",
  "role,note,password,name\noperator,\"likes, \"\"tea\"\"\nand cake\",\(hash),alice\nuser,,*,bob\n",
  "name,password,role,,\nalice,\(hash),operator,,\nbob,*,,,\n",
  "name,password,role\nalice,\"\(hash)\" ,operator\nbob,*,user\n",
]

@Test(arguments: spellings)
func `an account is read from any form of the file`(text: String) throws {
  let (_, accounts) = try read(text)
  var alice = account("alice")
  alice.role = .operator
  var bob = account("bob")
  bob.password = "*"
  #expect(accounts == [alice, bob])
}

@Test(arguments: spellings)
func `an unchanged file is written byte for byte`(text: String) throws {
  #expect(written(try read(text).0) == text)
}

@Test(arguments: spellings)
func `setting an unchanged account leaves the file byte for byte`(text: String) throws {
  var (document, accounts) = try read(text)
  for account in accounts { document.set(account) }
  #expect(written(document) == text)
}

@Test(arguments: spellings)
func `a new account is last, and all else stays`(text: String) throws {
  var (document, accounts) = try read(text)
  document.set(account("carol"))
  let after = written(document)
  let lastLine = text.hasSuffix("\n") || text.hasSuffix("\r") || text.hasSuffix("\r\n")
  #expect(after.utf8.starts(with: text.utf8))
  #expect(lastLine || after.utf8.dropFirst(text.utf8.count).first == UInt8(ascii: "\n"))
  #expect(try read(after).1 == accounts + [account("carol")])
}

@Test func `only changed cells are written`() throws {
  let text = #"""
    email,name,note,password,role,created
    "a@example.org",alice,"keep, ""this""",\#(hash),,2026-11-20
    "b@example.org",bob, and  this ,\#(hash),user,
    "c@example.org",carol,,\#(hash),user,

    """#
  var (document, accounts) = try read(text)
  accounts[0].role = .operator
  accounts[1].email = EmailAddress("bob@example.org")
  document.set(accounts[1])
  document.set(accounts[0])
  #expect(
    written(document) == #"""
      email,name,note,password,role,created
      "a@example.org",alice,"keep, ""this""",\#(hash),operator,2026-11-20
      "bob@example.org",bob, and  this ,\#(hash),user,
      "c@example.org",carol,,\#(hash),user,

      """#)
}

@Test func `a short row gets only the cells that it needs`() throws {
  var (document, accounts) = try read("name,password,a,role,b\nalice,\(hash)\n")
  accounts[0].role = .operator
  document.set(accounts[0])
  #expect(written(document) == "name,password,a,role,b\nalice,\(hash),,operator\n")
}

@Test(arguments: ["\n", "\r\n", ""])
func `a missing column is added at the end when needed`(lineEnd: String) throws {
  let end = lineEnd.isEmpty ? "\n" : lineEnd
  var (document, accounts) = try read("name,password,note\(end)alice,\(hash),x\(end)bob,\(hash)\(lineEnd)")
  accounts[1].role = .operator
  accounts[1].email = EmailAddress("b@example.org")
  document.set(accounts[1])
  document.set(account("carol"))
  #expect(
    written(document)
      == "name,password,note,role,email\(end)alice,\(hash),x\(end)bob,\(hash),,operator,b@example.org\(end)"
      + "carol,\(hash),,user,\(end)")
}

@Test func `a removed account has no row, and may be added again`() throws {
  var (document, accounts) = try read("name,password\nalice,\(hash)\n\nbob,\(hash)\ncarol,\(hash)")
  document.remove(Name("BOB")!)
  document.remove(Name("carol")!)
  #expect(written(document) == "name,password\nalice,\(hash)\n\n")
  document.set(accounts[1])
  #expect(written(document) == "name,password\nalice,\(hash)\n\nbob,\(hash)\n")
}

@Test func `changes of many saves add up`() throws {
  var document = UsersDocument()
  for number in 0..<50 { document.set(account("user\(number)")) }
  document.encodeChanges()
  document.didWrite(change: 0, at: 0)
  #expect(!document.isChanged)
  for number in stride(from: 0, to: 50, by: 2) { document.remove(Name("user\(number)")!) }
  var odd = account("user7")
  odd.status = .disabled
  document.set(odd)
  #expect(document.isChanged)
  let (_, accounts) = try read(written(document))
  #expect(accounts.map(\.name.text) == (0..<25).map { "user\($0 * 2 + 1)" })
  #expect(accounts[3].status == .disabled)
}

@Test func `blanks after a quotation mark, rows of commas and extra commas are unchanged`() throws {
  let text = #"""
    name,password,role
    ,,
     , ,,,,
    "alice" ,"\#(hash)"  ,"user" ,,
    "bob"	,"\#(hash)",,"",
    "",""

    """#
  var (document, accounts) = try read(text)
  #expect(accounts.map(\.name.text) == ["alice", "bob"])
  accounts[0].role = .operator
  document.set(accounts[0])
  #expect(written(document) == text.replacing(#""user" ,"#, with: #""operator" ,"#))
  // An added column uses an extra comma.
  accounts[0].status = .disabled
  document.set(accounts[0])
  let changed = written(document)
  #expect(try read(changed).1 == accounts)
  #expect(changed.contains(#""operator" ,disabled,"#))
}

@Test func `a column is misspelled where it resembles a known one`() {
  let text = "name,password,emial,note,e\u{301},\u{E9}\n"
  let (document, _, errors) = UsersDocument.read(Array(text.utf8), file: "users.csv")
  #expect(errors.isEmpty)
  #expect(
    document.warnings.map(\.description)
      == [#"users.csv:1: warning: "emial" is unknown and ignored; did you mean "email"?"#])
}

@Test func `a cell that needs quotation marks gets them`() {
  var bytes: [UInt8] = []
  for text in ["a", "a,b", "a\"b", "a\nb", "a b"] {
    bytes.appendCSV(cell: text, quoted: false)
    bytes.append(UInt8(ascii: ";"))
  }
  bytes.appendCSV(cell: "a", quoted: true)
  #expect(String(decoding: bytes, as: UTF8.self) == "a;\"a,b\";\"a\"\"b\";\"a\nb\";\"a b\";\"a\"")
}

@Test(arguments: 0..<20 as Range<UInt64>)
func `a random history of changes reads back as a plain list of accounts`(seed: UInt64) throws {
  var random = SeededRandom(seed: seed)
  var document = UsersDocument()
  var model: [Account] = []
  for _ in 0..<300 {
    let name = Name("user\(Int.random(in: 0..<30, using: &random))")!
    let index = model.firstIndex { $0.name == name }
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      document.remove(name)
      if let index { model.remove(at: index) }
    case 1:
      (document, _) = try read(written(document))
    default:
      var account = Account(name: name, password: "plain:secret\(Int.random(in: 100..<1000, using: &random))")
      if Bool.random(using: &random) { account.role = .operator }
      if Bool.random(using: &random) { account.email = EmailAddress("\(name.text)@example.org") }
      document.set(account)
      if let index { model[index] = account } else { model.append(account) }
    }
    if Bool.random(using: &random) {
      document.encodeChanges()
      document.didWrite(change: 0, at: 0)
    }
  }
  #expect(try read(written(document)).1 == model)
}
