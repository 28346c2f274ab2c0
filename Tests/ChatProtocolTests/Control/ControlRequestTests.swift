import JSON
import TestSupport
import Testing

@testable import ChatProtocol

private let ops = Name("ops")!
private let address = EmailAddress("ops@example.org")!

@Test(arguments: [
  (ControlRequest.roomsList, #"{"id":7,"verb":"rooms list"}"#),
  (.roomsInfo(ops), #"{"id":7,"verb":"rooms info","room":"ops"}"#),
  (.roomsCreate(ops, .generatedPassword), #"{"id":7,"verb":"rooms create","room":"ops"}"#),
  (.roomsCreate(ops, .open), #"{"id":7,"verb":"rooms create","room":"ops","open":true}"#),
  (
    .roomsCreate(ops, .password(Secret("correct-horse"))),
    #"{"id":7,"verb":"rooms create","room":"ops","password":"correct-horse"}"#
  ),
  (.roomsDelete(ops), #"{"id":7,"verb":"rooms delete","room":"ops"}"#),
  (
    .roomsSet(
      ops,
      ControlRoomChange(topic: "Tea?", owner: .account(Name("bob")!), access: .password(Secret("correct-horse")))),
    #"{"id":7,"verb":"rooms set","room":"ops","topic":"Tea?","owner":"bob","password":"correct-horse"}"#
  ),
  (
    .roomsSet(ops, ControlRoomChange(topic: "", owner: .removed, access: .open)),
    #"{"id":7,"verb":"rooms set","room":"ops","topic":"","no_owner":true,"open":true}"#
  ),
  (
    .roomsSet(ops, ControlRoomChange(access: .generatedPassword)),
    #"{"id":7,"verb":"rooms set","room":"ops","generate":true}"#
  ),
  (.roomsMembers(ops), #"{"id":7,"verb":"rooms members","room":"ops"}"#),
  (.roomsKick(ops, user: Name("bob")!, reason: nil), #"{"id":7,"verb":"rooms kick","room":"ops","user":"bob"}"#),
  (
    .roomsKick(ops, user: Name("bob")!, reason: "so"),
    #"{"id":7,"verb":"rooms kick","room":"ops","user":"bob","reason":"so"}"#
  ),
  (.usersList, #"{"id":7,"verb":"users list"}"#),
  (.usersInfo(ops), #"{"id":7,"verb":"users info","user":"ops"}"#),
  (.usersAdd(ControlNewUser(name: ops)), #"{"id":7,"verb":"users add","user":"ops"}"#),
  (
    .usersAdd(ControlNewUser(name: ops, email: address, isOperator: true, password: Secret("correct-horse"))),
    #"{"id":7,"verb":"users add","user":"ops","email":"ops@example.org","role":"operator","password":"correct-horse"}"#
  ),
  (.usersPasswd(ops, nil), #"{"id":7,"verb":"users passwd","user":"ops"}"#),
  (
    .usersPasswd(ops, Secret("correct-horse")),
    #"{"id":7,"verb":"users passwd","user":"ops","password":"correct-horse"}"#
  ),
  (
    .usersSet(ops, ControlUserChange(email: .address(address), isOperator: false)),
    #"{"id":7,"verb":"users set","user":"ops","email":"ops@example.org","role":"user"}"#
  ),
  (
    .usersSet(ops, ControlUserChange(email: .removed)),
    #"{"id":7,"verb":"users set","user":"ops","no_email":true}"#
  ),
  (.usersDisable(ops, reason: nil), #"{"id":7,"verb":"users disable","user":"ops"}"#),
  (.usersDisable(ops, reason: "so"), #"{"id":7,"verb":"users disable","user":"ops","reason":"so"}"#),
  (.usersEnable(ops), #"{"id":7,"verb":"users enable","user":"ops"}"#),
  (.usersDelete(ops), #"{"id":7,"verb":"users delete","user":"ops"}"#),
  (.usersKick(ops, reason: nil), #"{"id":7,"verb":"users kick","user":"ops"}"#),
  (
    .usersKick(ops, reason: "enough, \"really\""),
    #"{"id":7,"verb":"users kick","user":"ops","reason":"enough, \"really\""}"#
  ),
  (
    .usersBan(ops, ControlTerms(span: TimeSpan("2h"), reason: "so")),
    #"{"id":7,"verb":"users ban","user":"ops","for_seconds":7200,"reason":"so"}"#
  ),
  (.usersBan(ops, ControlTerms()), #"{"id":7,"verb":"users ban","user":"ops"}"#),
  (.usersUnban(ops), #"{"id":7,"verb":"users unban","user":"ops"}"#),
  (
    .usersMute(ops, ControlTerms(span: TimeSpan("30s"))),
    #"{"id":7,"verb":"users mute","user":"ops","for_seconds":30}"#
  ),
  (.usersUnmute(ops), #"{"id":7,"verb":"users unmute","user":"ops"}"#),
  (.bansList, #"{"id":7,"verb":"bans list"}"#),
  (.bansAdd(.user(ops), ControlTerms(reason: "so")), #"{"id":7,"verb":"bans add","user":"ops","reason":"so"}"#),
  (
    .bansAdd(.addresses(AddressBlock("192.0.2.0/24")!), ControlTerms()),
    #"{"id":7,"verb":"bans add","address":"192.0.2.0/24"}"#
  ),
  (.bansRemove(.addresses(AddressBlock("::1")!)), #"{"id":7,"verb":"bans remove","address":"::1"}"#),
  (.bansRemove(.user(ops)), #"{"id":7,"verb":"bans remove","user":"ops"}"#),
  (.sessionsList, #"{"id":7,"verb":"sessions list"}"#),
  (.sessionsClose(42, reason: nil), #"{"id":7,"verb":"sessions close","session":42}"#),
  (
    .sessionsClose(.max, reason: "so"),
    #"{"id":7,"verb":"sessions close","session":18446744073709551615,"reason":"so"}"#
  ),
  (.filesList(room: nil), #"{"id":7,"verb":"files list"}"#),
  (.filesList(room: ops), #"{"id":7,"verb":"files list","room":"ops"}"#),
  (.filesDelete([1046, 1051]), #"{"id":7,"verb":"files delete","files":[1046,1051]}"#),
  (.dryRun(.filesDelete([1046])), #"{"id":7,"verb":"files delete","files":[1046],"dry_run":true}"#),
  (.say(.room(ops), "hello"), #"{"id":7,"verb":"say","room":"ops","text":"hello"}"#),
  (.say(.user(ops), "hello"), #"{"id":7,"verb":"say","user":"ops","text":"hello"}"#),
  (.say(.all, "hello"), #"{"id":7,"verb":"say","all":true,"text":"hello"}"#),
  (.readLog(ControlLogQuery(.messages(ops))), #"{"id":7,"verb":"messages","room":"ops"}"#),
  (.readLog(ControlLogQuery(.lines)), #"{"id":7,"verb":"log"}"#),
  (
    .readLog(
      ControlLogQuery(
        .events, isFollowing: true, since: .position(LogPosition(id: 1042, line: 3)), user: ops, text: "a b", last: 0,
        room: .lobby, event: "login")),
    #"""
    {"id":7,"verb":"watch","room":"lobby","event":"login","from":"ops","grep":"a b","since":"1042.3","last":0,\#
    "follow":true}
    """#
  ),
  (
    .readLog(
      ControlLogQuery(
        .messages(ops), since: .time(Timestamp("2026-11-20T20:11:02.123Z")!), until: .position(LogPosition(id: 7)))),
    #"{"id":7,"verb":"messages","room":"ops","since":"2026-11-20T20:11:02.123Z","until":"7"}"#
  ),
  (.settingsShow, #"{"id":7,"verb":"settings show"}"#),
  (.tlsShow, #"{"id":7,"verb":"tls show"}"#),
  (.tlsGenerate, #"{"id":7,"verb":"tls generate"}"#),
  (.dryRun(.tlsGenerate), #"{"id":7,"verb":"tls generate","dry_run":true}"#),
  (.status, #"{"id":7,"verb":"status"}"#),
  (.top, #"{"id":7,"verb":"top"}"#),
  (.save, #"{"id":7,"verb":"save"}"#),
  (.backup, #"{"id":7,"verb":"backup"}"#),
  (.reload(force: false), #"{"id":7,"verb":"reload"}"#),
  (.reload(force: true), #"{"id":7,"verb":"reload","force":true}"#),
  (.check, #"{"id":7,"verb":"check"}"#),
  (.stop(reason: nil), #"{"id":7,"verb":"stop"}"#),
  (.dryRun(.stop(reason: nil)), #"{"id":7,"verb":"stop","dry_run":true}"#),
  (.dryRun(.usersDelete(ops)), #"{"id":7,"verb":"users delete","user":"ops","dry_run":true}"#),
  (
    .dryRun(.sessionsClose(42, reason: "so")),
    #"{"id":7,"verb":"sessions close","session":42,"reason":"so","dry_run":true}"#
  ),
  (.stop(reason: "new version"), #"{"id":7,"verb":"stop","reason":"new version"}"#),
])
func `a request is one line and reads back as itself`(request: ControlRequest, line: String) {
  let bytes = request.encode(id: 7)
  #expect(String(decoding: bytes, as: UTF8.self) == line + "\n")
  #expect(ControlCall(decoding: bytes) == ControlCall(id: 7, request: .success(request)))
}

@Test func `a reason is cleaned`() {
  let line = #"{"id":7,"verb":"stop","reason":"new\n\u001b[2Jversion\u2028"}"#
  let expected = ControlRequest.stop(reason: "new\u{FFFD}\u{FFFD}[2Jversion\u{FFFD}")
  #expect(ControlCall(decoding: Array(line.utf8)) == ControlCall(id: 7, request: .success(expected)))
}

@Test func `a topic is cleaned`() {
  let line = #"{"id":7,"verb":"rooms set","room":"ops","topic":"a\u001b[2Jb"}"#
  let expected = ControlRequest.roomsSet(ops, ControlRoomChange(topic: "a\u{FFFD}[2Jb"))
  #expect(ControlCall(decoding: Array(line.utf8)) == ControlCall(id: 7, request: .success(expected)))
}

@Test func `only a destructive request has a dry run`() throws {
  for verb in ControlVerb.all where !verb.flags.contains(.destructive) {
    let call = ControlCall(decoding: Array(#"{"id":7,"verb":"\#(verb.name)","dry_run":true}"#.utf8))
    #expect(try #require(refusal(of: call)).message.contains(" takes only the keys "), "\(verb.name)")
  }
  let line = #"{"id":7,"verb":"stop","dry_run":false}"#
  #expect(ControlCall(decoding: Array(line.utf8)) == ControlCall(id: 7, request: .success(.stop(reason: nil))))
}

@Test func `an empty reason is none`() {
  let line = #"{"id":7,"verb":"stop","reason":""}"#
  #expect(ControlCall(decoding: Array(line.utf8)) == ControlCall(id: 7, request: .success(.stop(reason: nil))))
}

@Test(arguments: ControlVerb.all)
func `the row of every verb reads what it writes`(verb: ControlVerb) throws {
  for request in [verb.request] + (verb.flags.contains(.destructive) ? [.dryRun(verb.request)] : []) {
    #expect(request.verb === verb)
    let line = request.encode(id: 7)
    #expect(ControlCall(decoding: line) == ControlCall(id: 7, request: .success(request)))
    let keys = try JSONValue(parsing: line).members?.map(\.name) ?? []
    #expect(Set(keys).subtracting(["id", "verb"]).isSubset(of: verb.keys))
  }
  for reply in [verb.reply, .wouldBe(verb.reply)] {
    let response = ControlResponse(id: 7, result: .success(reply))
    #expect(try ControlResponse(decoding: response.encode()) == response)
    #expect(
      String(decoding: response.encode(), as: UTF8.self).contains(String(decoding: reply.json.compact, as: UTF8.self)))
  }
  #expect(ControlVerb.all.filter { $0.name == verb.name }.count == 1)
  if !verb.flags.isDisjoint(with: [.destructive, .touchesRows]) { #expect(verb.flags.contains(.changes)) }
}

@Test(arguments: [
  (#"{"id":7}"#, #"a request lacks "verb": a string"#),
  (
    #"{"id":7,"verb":"log","follow":true,"until":"7"}"#,
    #""until" and "follow" exclude each other; give one of them"#
  ),
  (
    #"{"id":7,"verb":"log","since":"yesterday"}"#,
    #""since" of a request must be a time as 2026-11-20T20:11:02.123Z or an id as 1042.3"#
  ),
  (#"{"id":7,"verb":"log","last":-1}"#, #""last" of a request must be a whole number from 0"#),
  (#"{"id":7,"verb":3}"#, #""verb" of a request must be a string"#),
  (#"{"id":7,"verb":"rooms"}"#, "unknown verb; the verbs are rooms list, rooms info"),
  (#"{"id":7,"verb":"rooms info"}"#, #"a request lacks "room": a name (1 to 32 letters"#),
  (#"{"id":7,"verb":"rooms info","room":null}"#, #"a request lacks "room""#),
  (#"{"id":7,"verb":"rooms info","room":"a b"}"#, #""room" of a request must be a name (1 to 32 letters"#),
  (#"{"id":7,"verb":"rooms info","room":["a"]}"#, #""room" of a request must be a name"#),
  (#"{"id":7,"verb":"rooms create","room":"a","open":"yes"}"#, #""open" of a request must be true or false"#),
  (
    #"{"id":7,"verb":"rooms create","room":"a","open":true,"password":"12345678"}"#,
    "exclude each other; give one of them"
  ),
  (#"{"id":7,"verb":"rooms create","room":"a","password":"1234567"}"#, "a password has 8 to 256 bytes"),
  (#"{"id":7,"verb":"rooms create","room":"a","password":"1234 5678"}"#, "a password has 8 to 256 bytes"),
  (#"{"id":7,"verb":"rooms create","room":"a","password":"1234\u00005678"}"#, "a password has 8 to 256 bytes"),
  (#"{"id":7,"verb":"rooms create","room":"a","password":12345678}"#, #""password" of a request must be a string"#),
  (#"{"id":7,"verb":"rooms create","room":"a","opne":true}"#, "takes only the keys id, verb, room, open, password"),
  (
    #"{"id":7,"verb":"users add","user":"a","email":"a"}"#, #""email" of a request must be an e-mail address (one '@'"#
  ),
  (#"{"id":7,"verb":"users add","user":"a","role":"king"}"#, #""role" of a request must be one of user, operator"#),
  (#"{"id":7,"verb":"users passwd","user":"a","password":"1234567"}"#, "a password has 8 to 256 bytes"),
  (#"{"id":7,"verb":"users set","user":"a"}"#, #"users set needs one of "email", "no_email" and "role""#),
  (
    #"{"id":7,"verb":"users set","user":"a","email":"a@b","no_email":true}"#,
    #""email" and "no_email" exclude each other"#
  ),
  (#"{"id":7,"verb":"rooms set","room":"a"}"#, "rooms set needs one of"),
  (
    #"{"id":7,"verb":"rooms set","room":"a","owner":"b","no_owner":true}"#,
    #""owner" and "no_owner" exclude each other"#
  ),
  (#"{"id":7,"verb":"rooms set","room":"a","open":true,"generate":true}"#, "exclude each other; give one of them"),
  (#"{"id":7,"verb":"sessions close","session":-1}"#, #""session" of a request must be a whole number from 0"#),
  (#"{"id":7,"verb":"say","text":"a"}"#, #"a notice needs one of "room", "user" and "all""#),
  (#"{"id":7,"verb":"say","room":"a","all":true,"text":"a"}"#, "a notice needs one of"),
  (#"{"id":7,"verb":"say","all":true,"text":""}"#, #""text" of a request is empty"#),
  (#"{"id":7,"verb":"users ban","user":"a","for_seconds":0}"#, "must be a whole number from 1 to 3155760000"),
  (#"{"id":7,"verb":"users mute","user":"a","for_seconds":3155760001}"#, "must be a whole number from 1 to"),
  (#"{"id":7,"verb":"users mute","user":"a","for_seconds":"2h"}"#, "must be a whole number from 1 to"),
  (#"{"id":7,"verb":"users mute","address":"192.0.2.1"}"#, "takes only the keys id, verb, user, for_seconds, reason"),
  (#"{"id":7,"verb":"bans add"}"#, #"a ban needs one of "user" and "address""#),
  (#"{"id":7,"verb":"bans add","user":"a","address":"::1"}"#, #"a ban needs one of "user" and "address""#),
  (#"{"id":7,"verb":"bans remove","address":"a"}"#, #""address" of a request must be an address, or ADDRESS/BITS"#),
  (#"{"id":7,"verb":"users kick","user":"a","reason":7}"#, #""reason" of a request must be a string"#),
])
func `an incomplete request is rejected with its id and the reason`(line: String, problem: String) throws {
  let call = ControlCall(decoding: Array(line.utf8))
  #expect(call.id == 7)
  let fault = try #require(refusal(of: call))
  #expect(fault.code == .badRequest)
  #expect(fault.message.contains(problem), "\(fault.message)")
}

@Test(arguments: [
  "", "\n", "status", "[]", "7", "null", "{}", #"{"id":7,"verb":"status""#, #"{"id":7,"id":8,"verb":"status"}"#,
  #"{"verb":"status"}"#, #"{"id":0,"verb":"status"}"#, #"{"id":-1,"verb":"status"}"#, #"{"id":"7","verb":"status"}"#,
  #"{"id":1.5,"verb":"status"}"#, #"{"id":99999999999999999999,"verb":"status"}"#, #"{"id":7,"verb":"status"} {}"#,
])
func `a line whose id cannot be read is rejected with the id 0`(line: String) throws {
  let call = ControlCall(decoding: Array(line.utf8))
  #expect(call.id == 0)
  #expect(try #require(refusal(of: call)).code == .badRequest)
}

@Test func `very deep nesting is rejected like any other invalid line`() {
  #expect(refusal(of: ControlCall(decoding: Array(repeating: UInt8(ascii: "["), count: 100_000))) != nil)
}

@Test(arguments: [
  #"{"id":7,"verb":"rooms create","room":"a","password":"tell-nobody","#,
  #"{"id":7,"verb":"rooms create","room":"a","password":tell-nobody}"#,
  #"{"id":7,"verb":"rooms create","room":"a","password":"tell-nobody","password":"tell-nobody"}"#,
  #"{"id":7,"verb":"rooms create","room":"a","password":["tell-nobody"]}"#,
  #"{"id":7,"verb":"rooms create","room":"a","password":"tell-nobody it"}"#,
  #"{"id":7,"verb":"rooms create","room":"tell-nobody !","password":"tell-nobody"}"#,
  #"{"id":7,"verb":"users add","user":"a","password":"tell-nobody it"}"#,
  #"{"id":7,"verb":"users passwd","user":"a","password":["tell-nobody"]}"#,
  #"{"id":7,"verb":"rooms create tell-nobody","room":"a"}"#,
  #"{"id":7,"verb":"rooms create","room":"a","tell-nobody":"password"}"#,
])
func `an error never repeats the request`(line: String) throws {
  let fault = try #require(refusal(of: ControlCall(decoding: Array(line.utf8))))
  #expect(!fault.message.contains("tell-nobody"))
}

@Test func `no bytes crash the reader`() {
  let seed = UInt64.random(in: 0...UInt64.max)
  var random = SeededRandom(seed: seed)
  let sound = ControlRequest.roomsCreate(ops, .password(Secret("correct-horse"))).encode(id: 7)
  for _ in 0..<5000 {
    var line = sound
    for _ in 0...Int.random(in: 0..<4, using: &random) {
      line[Int.random(in: 0..<line.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    let call = ControlCall(decoding: line)
    if case .success(let request) = call.request {
      #expect(ControlCall(decoding: request.encode(id: call.id)) == call, "seed \(seed)")
    }
  }
}

private func refusal(of call: ControlCall) -> ControlError? {
  if case .failure(let fault) = call.request { fault } else { nil }
}
