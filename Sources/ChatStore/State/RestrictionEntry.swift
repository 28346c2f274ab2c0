import ChatCore
import ChatProtocol
import JSON

/// An entry of `bans` or `mutes` in `state.json`: JSON to restriction and back.
extension Restriction {
  static let keys = ["user", "address", "since", "until", "by", "reason"]

  /// The entry, or nil with faults.
  static func read(_ entry: JSONValue, _ kind: Kind, file: String, linesBefore: Int) -> (Restriction?, [Fault]) {
    var reader = EntryReader(entry, kind: kind.rawValue, file: file, linesBefore: linesBefore)
    guard reader.faults.isEmpty else { return (nil, reader.faults) }
    let subject = reader.subject(of: kind)
    let since = reader.time("since")
    let until = reader.time("until")
    let by = reader.cleanText("by") ?? ""
    let reason = reader.cleanText("reason") ?? ""
    guard reader.faults.isEmpty, let subject else { return (nil, reader.faults) }
    return (Restriction(Key(kind, subject), since: since, until: until, by: by, reason: reason), [])
  }

  /// A key that says the same already stays as it is.
  func write(into entry: inout JSONValue) {
    let old = Restriction.read(entry, kind, file: "", linesBefore: 0).0
    func set(_ key: String, _ value: JSONValue, ifChanged isSame: Bool) {
      if !isSame { entry[key] = value }
    }
    switch subject {
    case .user(let name): set("user", .string(name.text), ifChanged: entry["user"]?.string == name.text)
    case .addresses(let block): set("address", .string(block.description), ifChanged: old?.subject == subject)
    }
    set("since", .text(since?.description), ifChanged: old != nil && old?.since == since)
    set("until", .text(until?.description), ifChanged: old != nil && old?.until == until)
    set("by", .string(by), ifChanged: old?.by == by)
    set("reason", .string(reason), ifChanged: old?.reason == reason)
  }
}

extension EntryReader {
  /// What a ban or mute is on: exactly one of `user` and, of a ban, `address`.
  fileprivate mutating func subject(of kind: Restriction.Kind) -> Restriction.Subject? {
    let name = name("user")
    guard let text = string("address") else {
      let both = kind == .ban ? "a \"user\" or an \"address\"" : "a \"user\""
      if name == nil, faults.isEmpty { fault("the \(kind.rawValue) is on nobody; write \(both)") }
      return name.map { .user($0) }
    }
    guard kind == .ban else {
      fault("addresses are banned, not muted; write a \"user\" instead")
      return nil
    }
    guard name == nil else {
      fault("the ban is on a \"user\" and on an \"address\"; write an entry for each")
      return nil
    }
    guard let block = AddressBlock(text) else {
      fault("\"address\" is no address; write one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
      return nil
    }
    return .addresses(block)
  }
}
