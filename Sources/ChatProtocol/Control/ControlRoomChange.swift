import JSON
import Text

/// What is to become different about a room; what is nil stays.
package struct ControlRoomChange: Equatable, Sendable {
  package enum Owner: Equatable, Sendable {
    case account(Name)
    case removed
  }

  /// Empty for none.
  package var topic: String?
  package var owner: Owner?
  package var access: RoomAccess?

  package init(topic: String? = nil, owner: Owner? = nil, access: RoomAccess? = nil) {
    self.topic = topic
    self.owner = owner
    self.access = access
  }
}

extension ControlRoomChange {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    topic = try object.optionalString("topic").map { CleanText.isBlank($0) ? "" : CleanText.string(from: $0) }
    let hasNone = try object.flag("no_owner")
    let name = try object.optionalName("owner")
    guard name == nil || !hasNone else {
      throw ControlDecodingError("a room has an owner or none; give \"owner\" or \"no_owner\"")
    }
    owner = hasNone ? .removed : name.map { .account($0) }
    let password = try object.optionalPassword()
    let (isOpen, isGenerated) = (try object.flag("open"), try object.flag("generate"))
    guard (isOpen ? 1 : 0) + (isGenerated ? 1 : 0) + (password == nil ? 0 : 1) <= 1 else {
      throw ControlDecodingError(
        "a room is open or has a password; give one of \"open\", \"password\" and \"generate\"")
    }
    access = isOpen ? .open : isGenerated ? .generatedPassword : password.map { .password($0) }
    guard self != ControlRoomChange() else {
      throw ControlDecodingError(
        "rooms set is to set something; give \"topic\", \"owner\", \"no_owner\", \"open\", \"password\" or \"generate\""
      )
    }
  }
}

extension ControlObject {
  func flag(_ key: String) throws(ControlDecodingError) -> Bool {
    try optional(key, "true or false") { $0.bool } ?? false
  }
}

extension JSONValue {
  mutating func append(_ change: ControlRoomChange) {
    self["topic"] = change.topic.map { .string($0) }
    switch change.owner {
    case .account(let name): self["owner"] = .string(name.text)
    case .removed: self["no_owner"] = true
    case nil: break
    }
    switch change.access {
    case .open: self["open"] = true
    case .password(let password): self["password"] = .string(password.exposed)
    case .generatedPassword: self["generate"] = true
    case nil: break
    }
  }
}
