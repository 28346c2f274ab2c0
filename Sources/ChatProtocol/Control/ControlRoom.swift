import Text

package struct ControlRoom: Equatable, Sendable {
  package var info: RoomInfo
  /// The connected members; nil in a list.
  package var members: [RoomMember]?

  package init(info: RoomInfo, members: [RoomMember]?) {
    self.info = info
    self.members = members
  }
}

extension ControlRoom: CodedRecord {
  package static let meaning = "a room"
  package static let blank = ControlRoom(info: .blank, members: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try info.code(&coder)
    try coder.ifPresent("members_present", &members)
  }
}

/// What is to change about a room; nil stays.
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

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var name: Name? = if case .account(let name) = owner { name } else { nil }
    let set: Secret? = if case .password(let password) = access { password } else { nil }
    var (isRemoved, isOpen, isGenerated) = (owner == .removed, access == .open, access == .generatedPassword)
    try coder.optional("topic", &topic)
    try coder.optional("owner", &name)
    try coder.flag("no_owner", &isRemoved)
    try coder.flag("open", &isOpen)
    let password = try coder.newPassword(set)
    try coder.flag("generate", &isGenerated)
    if name != nil, isRemoved { try coder.fail("\"owner\" and \"no_owner\" exclude each other; give one of them") }
    if (isOpen ? 1 : 0) + (isGenerated ? 1 : 0) + (password == nil ? 0 : 1) > 1 {
      try coder.fail("\"open\", \"password\" and \"generate\" exclude each other; give one of them")
    }
    topic = topic.map { CleanText.isBlank($0) ? "" : CleanText.string(from: $0) }
    owner = isRemoved ? .removed : name.map { .account($0) }
    access = isOpen ? .open : isGenerated ? .generatedPassword : password.map { .password($0) }
    if self == ControlRoomChange() {
      try coder.fail(
        "rooms set needs one of \"topic\", \"owner\", \"no_owner\", \"open\", \"password\" and \"generate\"")
    }
  }
}
