import ChatProtocol

extension Core {
  /// Puts what the files held in its places, once, before the first input.
  mutating func restore(_ initial: InitialState) {
    for record in initial.rooms { addRoom(Room(record)) }
    if roomsByName[.lobby] == nil { addRoom(Room(RoomRecord(name: .lobby))) }
    for user in offlineUsers {
      // A room that was taken out of its file is left by all: one made anew under its name is another.
      let left = user.rooms.filter { $0 == .lobby || roomsByName[$0] != nil }
      if left.count < user.rooms.count { membersOfGoneRooms.append(user) }
      for room in left { noteAbsent(user.name, in: room) }
    }
    for was in membersOfGoneRooms {
      var user = was
      user.rooms.removeAll { $0 != .lobby && roomsByName[$0] == nil }
      offlineUsers.set(user)
    }
    for mail in initial.mail { unread[mail.message.to, default: []].append(mail) }
    for record in initial.files {
      files.insert(SharedFileEntry(record: record, isRecorded: true, touched: steady))
    }
    for account in accounts.withPlainPassword {
      if let secret = account.password.plainSecret {
        plainPasswords.append(StoredSecret(owner: .account(account.name), secret: secret))
      }
    }
    for record in initial.rooms {
      if let secret = record.password?.plainSecret {
        plainPasswords.append(StoredSecret(owner: .room(record.name), secret: secret))
      }
    }
    // The next to be hashed is taken from the end.
    plainPasswords.reverse()
  }

  /// The first thing that happens: what the files do not say yet is recorded.
  mutating func start() {
    for was in membersOfGoneRooms { record(.user(UserChange(from: was, to: offlineUsers[was.name]!))) }
    membersOfGoneRooms = []
    setRecording(nil)
    beginTimes()
    liftOver()
    dropFilesOfGoneRooms()
    dateFiles()
    hashNextPlainPassword()
  }

  @discardableResult
  mutating func addRoom(_ room: Room) -> Int32 {
    if let owner = room.owner { ownershipCounts[owner, default: 0] += 1 }
    for moderator in room.moderators.names { ownershipCounts[moderator, default: 0] += 1 }
    let slot = rooms.insert(room)
    roomRanking.insert(slot, memberCount: room.memberCount)
    roomsByName[room.name] = slot
    return slot
  }

  /// Keeps in mind that an account which is not here is a member of a room.
  mutating func noteAbsent(_ name: Name, in room: Name) {
    guard room != .lobby, let slot = roomsByName[room] else { return }
    rooms[slot].absentMembers.insert(name)
  }

  /// Hashes the passwords that somebody typed into the files, one after the other, behind everybody who waits.
  mutating func hashNextPlainPassword() {
    guard !isHashingPlainPassword, recordingError == nil, let stored = plainPasswords.popLast() else { return }
    isHashingPlainPassword = true
    effects.append(.hashStoredPassword(stored))
  }

  mutating func storedPasswordHashed(_ owner: StoredSecret.Owner, _ secret: Secret, _ hash: String?) {
    isHashingPlainPassword = false
    guard recordingError == nil else {
      plainPasswords.append(StoredSecret(owner: owner, secret: secret))
      return
    }
    defer { hashNextPlainPassword() }
    guard let hash else { return }
    switch owner {
    case .account(let name):
      guard let account = accounts[name], account.password.plainSecret == secret else { return }
      setPassword(hash, of: account)
      log("password-hashed", [.init("user", name.text)])
    case .room(let name):
      guard let slot = roomsByName[name], rooms[slot].password?.plainSecret == secret else { return }
      let was = rooms[slot].record
      rooms[slot].password = hash
      recordRoom(slot, was: was)
      log("password-hashed", [.init("room", name.text)])
    }
  }
}

extension String {
  /// The secret of a password that was typed by hand as `plain:SECRET`; nil for any other.
  var plainSecret: Secret? { hasPrefix("plain:") ? Secret(String(dropFirst(6))) : nil }
}
