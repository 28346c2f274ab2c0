import ChatProtocol
import Terminal
import Testing

@testable import chat_admin

private func candidates(_ line: String) -> [String] {
  let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  return Completion(words.last ?? "", after: words.dropLast()).words
}

private func source(_ line: String) -> Completion.Source? {
  let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  return Completion(words.last ?? "", after: words.dropLast()).source
}

@Test func `an empty line is completed with every noun and help`() {
  #expect(candidates("") == AdminVerb.nouns + ["help"])
  #expect(candidates("--json ") == AdminVerb.nouns + ["help"])
  #expect(candidates("--data x ") == AdminVerb.nouns + ["help"])
  #expect(candidates("help ") == AdminVerb.nouns)
}

@Test(arguments: AdminVerb.all)
func `every verb is completed, with its options`(verb: AdminVerb) {
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
func `candidates continue what is typed`(line: String, expected: [String]) {
  #expect(candidates(line) == expected)
}

@Test(arguments: [
  ("rooms info ", Completion.Source.room), ("rooms create --open ", .room), ("--data x rooms delete o", .room),
  ("users kick ", .user), ("users kick --reason so ", .user), ("users kick --reason=so b", .user),
  ("rooms info -- ", .room), ("--data ", .path), ("--data=/s", .path), ("status --control ", .path),
])
func `names of rooms and users and paths complete their operands and options`(
  line: String, expected: Completion.Source
) {
  #expect(source(line) == expected)
}

@Test(arguments: [
  "rooms info ops ", "rooms list ", "users kick bob --reason ", "rooms ", "help rooms info ", "status ",
])
func `free text and complete commands have no names to offer`(line: String) {
  #expect(source(line) == nil)
}

@Test func `operands and options are completed by their placeholders`() {
  func verb(_ operands: [AdminVerb.Operand], _ options: [Option] = []) -> AdminVerb {
    AdminVerb("things do", operands, options: options.map { [$0] }, summary: "", example: "") {
      _ throws(AdminError) in .none
    }
  }
  func completion(_ typed: String, _ before: [String], _ verb: AdminVerb) -> Completion {
    Completion(typed, after: ["things", "do"] + before, verbs: [verb], general: [])
  }
  let role = verb(
    [.user, .init(name: "user|operator"), .init(name: "FILE", isOptional: true)],
    [.value("room", "ROOM"), .value("when", "now|never")])
  #expect(role.arguments == "USER user|operator [FILE] [--room ROOM] [--when now|never]")
  #expect(completion("", [], role).source == .user)
  #expect(completion("", ["bob"], role).words == ["user", "operator"])
  #expect(completion("", ["bob", "user"], role).source == .path)
  #expect(completion("", ["bob", "user", "x"], role).source == nil)
  #expect(completion("", ["bob", "--room"], role).source == .room)
  #expect(completion("n", ["--when"], role).words == ["now", "never"])
  #expect(completion("--when=ne", [], role).words == ["--when=never"])
  let many = verb([.init(name: "USER", isOptional: true, isRepeated: true)])
  #expect(many.arguments == "[USER ...]")
  #expect(completion("", [], many).source == .user && completion("", ["bob", "carol"], many).source == .user)
}

@Test func `names match in upper and lower case, after a stem`() {
  #expect(Completion("AL", after: ["users", "kick"]).matching(["alice", "Albert", "bob"]) == ["alice", "Albert"])
  let data = Completion("--data=d", after: [])
  #expect(data.matching(["data", "other"]) == ["--data=data"])
}

@Test(arguments: [
  ("users ban ", Completion.Source.user), ("bans add ", .user), ("users unban ", .restricted(.ban, namesOnly: true)),
  ("users unmute b", .restricted(.mute, namesOnly: true)), ("bans remove ", .restricted(.ban, namesOnly: false)),
])
func `unban and unmute complete banned and muted names`(line: String, expected: Completion.Source) {
  #expect(source(line) == expected)
  #expect(source(line + "x ") == nil)
}

@Test func `only bans that fit the verb are offered`() {
  let bob = Name("bob")!
  let bans = [
    Restriction(.init(.ban, .user(bob))), Restriction(.init(.ban, .addresses(AddressBlock("::1")!))),
    Restriction(.init(.mute, .user(Name("carol")!))),
  ]
  #expect(Completion.Source.restricted(.ban, namesOnly: false).names(in: bans) == ["bob", "::1"])
  #expect(Completion.Source.restricted(.ban, namesOnly: true).names(in: bans) == ["bob"])
  #expect(Completion.Source.restricted(.mute, namesOnly: true).names(in: bans) == ["carol"])
  #expect(Completion.Source.user.names(in: bans) == [])
}
