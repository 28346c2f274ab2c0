import ChatProtocol
import Terminal
import Testing

@testable import chat_admin

private func candidates(_ line: String) -> [String] {
  let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  return Completion(words.last ?? "", after: words.dropLast()).words
}

private func subject(_ line: String) -> Completion.Subject? {
  let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  return Completion(words.last ?? "", after: words.dropLast()).subject
}

@Test func `an empty line may go on with every noun, and help`() {
  #expect(candidates("") == AdminVerb.nouns + ["help"])
  #expect(candidates("--json ") == AdminVerb.nouns + ["help"])
  #expect(candidates("--data x ") == AdminVerb.nouns + ["help"])
  #expect(candidates("help ") == AdminVerb.nouns)
}

@Test(arguments: AdminVerb.all)
func `every verb of the table is completed, with its options`(verb: AdminVerb) {
  let words = verb.name.split(separator: " ").map(String.init)
  #expect(Completion(words[0], after: []).words.contains(words[0]))
  if words.count == 2 {
    #expect(Completion("", after: [words[0]]).words.contains(words[1]))
    #expect(Completion("", after: ["help", words[0]]).words.contains(words[1]))
  }
  let options = Completion("--", after: words).words
  for option in verb.options + Option.general { #expect(options.contains("--\(option.name)")) }
}

@Test(arguments: [
  ("r", ["rooms", "restore", "reload"]), ("rooms i", ["info"]), ("rooms xyzzy", []), ("xyzzy ", []),
  ("rooms create ops --o", ["--open"]), ("rooms create --o", ["--open"]), ("rooms list --o", []),
  ("--json --j", []), ("--json rooms --d", ["--data"]), ("rooms -- --j", []),
  ("users kick bob --reason ", []), ("users kick bob --reason --", []), ("users kick bob --reason=", []),
])
func `what is typed narrows down what may follow`(line: String, expected: [String]) {
  #expect(candidates(line) == expected)
}

@Test(arguments: [
  ("rooms info ", Completion.Subject.room), ("rooms create --open ", .room), ("--data x rooms delete o", .room),
  ("users kick ", .user), ("users kick --reason so ", .user), ("users kick --reason=so b", .user),
  ("rooms info -- ", .room), ("--data ", .path), ("--data=/s", .path), ("status --control ", .path),
])
func `names of rooms and users and paths are asked for where the usage has them`(
  line: String, expected: Completion.Subject
) {
  #expect(subject(line) == expected)
}

@Test(arguments: [
  "rooms info ops ", "rooms list ", "users kick bob --reason ", "rooms ", "help rooms info ", "status ",
])
func `where no name belongs, none is asked for`(line: String) {
  #expect(subject(line) == nil)
}

@Test func `usage lines that are not there yet are read as well`() {
  func verb(_ arguments: String, _ options: [Option] = []) -> AdminVerb {
    AdminVerb("things do", arguments, summary: "", options: options, example: "") { _ throws(AdminError) in .none }
  }
  func completion(_ typed: String, _ before: [String], _ verb: AdminVerb) -> Completion {
    Completion(typed, after: ["things", "do"] + before, verbs: [verb], general: [])
  }
  let role = verb("USER user|operator [--room ROOM] [FILE]", [.value("room", "ROOM"), .value("when", "now|never")])
  #expect(completion("", [], role).subject == .user)
  #expect(completion("", ["bob"], role).words == ["user", "operator"])
  #expect(completion("", ["bob", "user"], role).subject == .path)
  #expect(completion("", ["bob", "user", "x"], role).subject == nil)
  #expect(completion("", ["bob", "--room"], role).subject == .room)
  #expect(completion("n", ["--when"], role).words == ["now", "never"])
  #expect(completion("--when=ne", [], role).words == ["--when=never"])
  for many in ["USER…", "USER…", "USER ...", "[USER ...]", "USER [USER …]"] {
    #expect(completion("", ["bob", "carol"], verb(many)).subject == .user, "\(many)")
  }
}

@Test func `names match without regard to case, behind what is no part of them`() {
  #expect(Completion("AL", after: ["users", "kick"]).matching(["alice", "Albert", "bob"]) == ["alice", "Albert"])
  let data = Completion("--data=d", after: [])
  #expect(data.matching(["data", "other"]) == ["--data=data"])
}

@Test(arguments: [
  ("users ban ", Completion.Subject.user), ("bans add ", .user), ("users unban ", .restricted(.ban, isName: true)),
  ("users unmute b", .restricted(.mute, isName: true)), ("bans remove ", .restricted(.ban, isName: false)),
])
func `who is to be let in again is completed from those who are out`(line: String, expected: Completion.Subject) {
  #expect(subject(line) == expected)
  #expect(subject(line + "x ") == nil)
}

@Test func `of the bans those fit that the verb is about`() {
  let bob = Name("bob")!
  let bans = [
    Restriction(.init(.ban, .user(bob))), Restriction(.init(.ban, .addresses(AddressBlock("::1")!))),
    Restriction(.init(.mute, .user(Name("carol")!))),
  ]
  #expect(Completion.Subject.restricted(.ban, isName: false).names(in: bans) == ["bob", "::1"])
  #expect(Completion.Subject.restricted(.ban, isName: true).names(in: bans) == ["bob"])
  #expect(Completion.Subject.restricted(.mute, isName: true).names(in: bans) == ["carol"])
  #expect(Completion.Subject.user.names(in: bans) == [])
}
