import ChatProtocol

/// Somebody who is here: an account with one session or more, or a guest with one.
struct Person: Sendable {
  let name: Name
  let isGuest: Bool
  var sessions: [SessionID] = []
  /// Places in `Core.rooms`, in the order of joining. Never empty once in.
  var rooms: [Int32] = []
  var away: String?
  var ignores = NameList()
  /// What is to be recorded of an account and has not been.
  var unrecorded: UserChange
  /// Whether there is a mute for its name, of which `Core.restrictions` knows the end: who has none costs a message no search.
  var isMuted = false

  init(name: Name, isGuest: Bool) {
    self.name = name
    self.isGuest = isGuest
    unrecorded = UserChange(name)
  }
}
