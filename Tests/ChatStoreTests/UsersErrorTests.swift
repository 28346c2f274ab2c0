import Testing

@testable import ChatStore

private let hash = "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
private let repaired = "a name is 1 to 32 letters, digits, '_', '-' or '.', beginning with a letter or digit"

/// A file and all its errors.
private let cases: [(text: String, errors: [String])] = [
  (
    "name,password\nalice,\n",
    ["2: the password is empty; write plain:SECRET with a secret of at least 8 bytes, or * to lock"]
  ),
  (
    "name,password\nalice\n",
    ["2: the password is empty; write plain:SECRET with a secret of at least 8 bytes, or * to lock"]
  ),
  ("name,password\nalice,plain:short\n", ["2: the password after plain: is too short; write at least 8 bytes"]),
  (
    "name,password\nalice,tea and cake\n",
    ["2: the password is not a crypt(5) string; write plain: before it, and the server hashes it"]
  ),
  (
    "name,password\nalice,plain:tea and cake\n",
    ["2: the password after plain: contains a space or a control character; remove it"]
  ),
  ("name,password\nalice,!\(hash)\n", ["2: the password begins with !; to lock the account, write * alone"]),
  ("name,password\n,\(hash)\n", ["2: the name is empty; \(repaired)"]),
  ("name,password\n\n\nal ice,\(hash)\n", ["4: the name \"al ice\" is not valid; \(repaired)"]),
  ("name,password\n\u{1B}[1mx,*\n", ["2: the name \"\u{FFFD}[1mx\" is not valid; \(repaired)"]),
  (
    "name,password\nalice,*\nbob,*\nALICE,*\nAlice,*\n",
    [
      "4: the name \"ALICE\" is in line 2 already (upper and lower case are equal); change or remove one of the two",
      "5: the name \"Alice\" is in line 2 already (upper and lower case are equal); change or remove one of the two",
    ]
  ),
  (
    "name,password,email\nalice,*,a@example.org\nbob,*,A@Example.org\n",
    [
      "3: the e-mail address \"A@Example.org\" is in line 2 already (upper and lower case are equal); change or remove one of the two"
    ]
  ),
  (
    // Each row has an error of its own, and one that involves another row.
    "name,password,role,email\nalice,*,user,a@b\nalice,*,boss,\nbob,plain:short,,\nBob,*,,A@B\nBOB,*,,a@B\n",
    [
      "3: the role \"boss\" is unknown; write user or operator, or leave it empty for user",
      "3: the name \"alice\" is in line 2 already (upper and lower case are equal); change or remove one of the two",
      "4: the password after plain: is too short; write at least 8 bytes",
      "5: the name \"Bob\" is in line 4 already (upper and lower case are equal); change or remove one of the two",
      "5: the e-mail address \"A@B\" is in line 2 already (upper and lower case are equal); change or remove one of the two",
      "6: the name \"BOB\" is in line 4 already (upper and lower case are equal); change or remove one of the two",
      "6: the e-mail address \"a@B\" is in line 2 already (upper and lower case are equal); change or remove one of the two",
    ]
  ),
  (
    "name,password,email\nalice,*,alice\n",
    [
      "2: the e-mail address \"alice\" is not valid: one '@', beginning with a letter or digit, of letters, digits, '.', '_', '+' and '-'"
    ]
  ),
  (
    "name,password,role\nalice,*,admin\n",
    ["2: the role \"admin\" is unknown; write user or operator, or leave it empty for user"]
  ),
  (
    "name,password,status\nalice,*,off\n",
    ["2: the status \"off\" is unknown; write active or disabled, or leave it empty for active"]
  ),
  (
    "name,password,created\nalice,*,20/11/2026\n",
    [
      "2: the time \"20/11/2026\" in \"created\" is not valid; write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z, or leave it empty"
    ]
  ),
  (
    "name,password\nalice,*,x\n",
    ["2: the row has 3 cells and the header 2; put a cell that contains a comma in quotation marks"]
  ),
  (
    "name,password\nbob,*\n\"alice,*\nx,y\n",
    ["3: a quotation mark is never closed; close it, or double it inside a cell"]
  ),
  (
    "name,password\n\"alice\"x,*\n",
    ["2: there is text between a closing quotation mark and the next comma; double quotation marks inside a cell"]
  ),
  (
    "name,password,note\nalice,*,\"one\ntwo\"\nbob,,\"three\nfour\"\ncarol,,\n",
    [
      "4: the password is empty; write plain:SECRET with a secret of at least 8 bytes, or * to lock",
      "6: the password is empty; write plain:SECRET with a secret of at least 8 bytes, or * to lock",
    ]
  ),
  ("name,password,role,name\n", ["1: the column \"name\" is twice in the header; remove or rename one of them"]),
  (
    "name,secret\n",
    [
      "1: the column \"password\" is missing in the header; the first line names the columns: name,password,role,status,email,created"
    ]
  ),
  ("Name,password\n", ["1: the column \"name\" is missing in the header; write \"Name\" in lower case"]),
  (
    "name;password\nalice;*\n",
    [
      "1: the columns \"name\" and \"password\" are missing in the header; save the file with commas between the columns"
    ]
  ),
  ("\n\n", ["1: the file has no header; the first line names the columns: name,password,role,status,email,created"]),
  (
    "\"name,password\n",
    ["1: a quotation mark is never closed; close it, or double it inside a cell"]
  ),
  (
    "name,password,role\nal ice,,admin\n",
    [
      "2: the name \"al ice\" is not valid; \(repaired)",
      "2: the password is empty; write plain:SECRET with a secret of at least 8 bytes, or * to lock",
      "2: the role \"admin\" is unknown; write user or operator, or leave it empty for user",
    ]
  ),
]

@Test(arguments: cases)
func `errors in users.csv have their line and what to write`(text: String, errors: [String]) {
  let found = UsersReader.read(Array(text.utf8), file: "data/users.csv").2
  #expect(found.map(\.description) == errors.map { "data/users.csv:\($0)" })
}

@Test func `invalid UTF-8 is an error only in known columns`() {
  let row = Array("name,password,note\nalice,*,".utf8) + [0xE9, 0x0A]
  #expect(UsersReader.read(row, file: "f").2 == [])
  let name = Array("name,password\n".utf8) + [0xE9] + Array(",*\n".utf8)
  #expect(UsersReader.read(name, file: "f").2.first?.problem == "the name is not UTF-8; save the file as CSV in UTF-8")
  let wide: [UInt8] = [0xFF, 0xFE, 0x6E, 0x00]
  #expect(UsersReader.read(wide, file: "f").2.map(\.problem) == ["the file is in UTF-16; save it as CSV in UTF-8"])
}

@Test(arguments: ["hunter2", "correct horse", "plain:hunter2", "plain:correct horse", "!hunter22", "$hunter2"])
func `no error shows a password`(password: String) {
  let errors = UsersReader.read(Array("name,password\nalice,\(password)\n".utf8), file: "f").2
  #expect(errors.count == 1)
  #expect(errors.allSatisfy { !$0.description.contains("hunter2") && !$0.description.contains("horse") })
}

@Test(
  arguments: ["name", "role", "status", "email", "created"],
  ["plain:hunter22", " Plain:hunter22", hash, "hunter22-hunter22-hunter22-hunter22-hunter22"])
func `no error shows a password that is in another column`(column: String, password: String) {
  let columns = ["name", "password", "role", "status", "email", "created"]
  let values = columns.map { $0 == column ? password : $0 == "name" ? "alice" : $0 == "password" ? "*" : "" }
  let text = [columns, values].map { $0.joined(separator: ",") + "\n" }.joined()
  let errors = UsersReader.read(Array(text.utf8), file: "f").2
  #expect(errors.map(\.line) == [2])
  #expect(errors.allSatisfy { $0.problem.contains("(not shown: it may be a password in the wrong place)") })
  #expect(errors.allSatisfy { !$0.problem.contains("hunter") && !$0.problem.contains("$") })
}

@Test(arguments: [
  "*", "plain:12345678", "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "ab01FAX.bQRSU",
  "_J9..rasmBYk8r9AiWNc",
])
func `the result of crypt is a password`(password: String) {
  #expect(PasswordRule.problem(password) == nil)
}

@Test(arguments: ["$y$bad", "$9$xx$yy", "$6$salt$cut.short"])
func `a hash that this system cannot check is an error`(password: String) {
  #expect(
    PasswordRule.problem(password)
      == "the password is a crypt(5) string that this system cannot check: it is incomplete, or its method is unknown; "
      + "create another with mkpasswd, or write plain:SECRET, which the server hashes")
}

@Test func `a password in a file has the bounds of one from a client`() {
  #expect(PasswordRule.problem("plain:" + String(repeating: "x", count: 256)) == nil)
  #expect(PasswordRule.problem("plain:" + String(repeating: "x", count: 257)) != nil)
}
