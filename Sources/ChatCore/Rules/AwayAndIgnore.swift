import ChatProtocol

extension Core {
  mutating func away(_ id: SessionID, _ text: String?) {
    let person = sessions[id].person!
    let wasAway = people[person].away != nil
    if people[person].away != text {
      people[person].away = text
      people[person].unrecorded.away = text.map { .away($0) } ?? .back
      keep(person)
    }
    let name = people[person].name
    if text != nil || wasAway { log(text == nil ? "back" : "away", [.init("user", name.text)], text: text) }
    reply("away", .away(text), to: id)
    if wasAway != (text != nil) {
      announceToAcquaintances(of: person, text == nil ? .back(user: name) : .away(user: name), except: id)
    }
  }

  mutating func ignore(_ id: SessionID, _ name: Name) {
    let person = sessions[id].person!
    guard people[person].name != name else {
      refuse(id, "ignore", .notYourself, "You cannot ignore yourself.")
      return
    }
    let most = people[person].isGuest ? Core.guestIgnoresMax : Core.ignoresMax
    guard people[person].ignores.names.count < most else {
      refuse(id, "ignore", .nothingToDo, "You ignore \(most) people, and more cannot be; /unignore one first.")
      return
    }
    guard people[person].ignores.insert(name) else {
      refuse(id, "ignore", .nothingToDo, "You ignore \(name) already.")
      return
    }
    ignorers[name, default: []].insert(person)
    people[person].unrecorded.ignore(name)
    keep(person)
    reply("ignore", .user(name), to: id)
  }

  mutating func unignore(_ id: SessionID, _ name: Name) {
    let person = sessions[id].person!
    guard people[person].ignores.remove(name) != nil else {
      refuse(id, "unignore", .nothingToDo, "You do not ignore \(name).")
      return
    }
    forgetIgnorer(person, of: name)
    people[person].unrecorded.unignore(name)
    keep(person)
    reply("unignore", .user(name), to: id)
  }

  /// A list that somebody keeps by hand is shorter. All who are here can make the server hold as many at once, see `MemoryBound`.
  package static let ignoresMax = 100
  /// And what somebody can who only gave a name.
  package static let guestIgnoresMax = 20
}
