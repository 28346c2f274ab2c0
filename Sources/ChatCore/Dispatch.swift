import ChatProtocol

extension Core {
  /// One command of one session, to its one reply: at once, or when the world has answered.
  mutating func perform(_ command: Command, by id: SessionID, _ entropy: Entropy) {
    precondition(sessions[id].pending == nil, "a session that waits is not decoded further")
    switch command {
    case .format(let dialect): changeFormat(id, dialect)
    case .ping(let token): reply("ping", .pong(token: token), to: id)
    case .help(let topic): help(id, topic)
    case .quit: quit(id)
    // Whatever is answered, what follows on such a connection are bytes and no commands.
    case .put(let ticket): put(id, ticket)
    case .take(let ticket): take(id, ticket)
    default:
      if let fault = recordingError, command.flags.contains(.records) {
        refuseToRecord(id, command.word, fault)
        return
      }
      guard let person = sessions[id].person else {
        performOutside(command, by: id, entropy)
        return
      }
      performInside(command, by: id, person, entropy)
    }
  }

  mutating func refuseToRecord(_ id: SessionID, _ command: String, _ fault: String) {
    refuse(
      id, command, .cannotRecord,
      "The server cannot record anything at the moment (\(fault)), so this was not done; try again later.")
  }

  private mutating func performOutside(_ command: Command, by id: SessionID, _ entropy: Entropy) {
    switch command {
    case .register(let name, let secret, let email): register(id, name, secret, email, entropy)
    case .login(let name, let secret): login(id, name, secret, entropy)
    case .guest(let name): loginAsGuest(id, name)
    default:
      refuse(
        id, command.word, .loginFirst,
        "Come in first: /login NAME PASSWORD, /register NAME PASSWORD or /guest NAME.")
    }
  }

  private mutating func performInside(_ command: Command, by id: SessionID, _ person: Int32, _ entropy: Entropy) {
    if people[person].isMuted, command.flags.contains(.isPublic), !maySpeak(id, command.word) { return }
    switch command {
    case .message(let text): say(id, in: sessions[id].current, text, isAction: false)
    case .action(let text): say(id, in: sessions[id].current, text, isAction: true)
    case .say(let room, let text): say(id, inRoomNamed: room, text)
    case .privateMessage(let name, let text): sendPrivately(id, to: name, text)
    case .read(let message):
      markRead(people[person].name, upTo: message)
      reply("read", .read(upTo: message), to: id)
    case .register, .login, .guest:
      refuse(id, command.word, .alreadyIn, "You are in as \(people[person].name); /logout first.")
    case .changePassword(let old, let new): changePassword(id, old: old, new: new)
    case .logout: logout(id)
    case .resume(let token): resume(id, token)
    case .rooms: listRooms(id)
    case .info(let room): info(id, room)
    case .who(let room): who(id, room)
    case .create(let name, let access): create(id, name, access, entropy)
    case .join(let room, let secret): join(id, room, secret)
    case .leave(let room): leave(id, room)
    case .switchRoom(let room): switchRoom(id, room)
    case .delete(let room): delete(id, room)
    case .topic(let text): topic(id, text)
    case .kick(let user, let reason): kick(id, user, reason: reason)
    case .ban(let user): ban(id, user)
    case .unban(let user): unban(id, user)
    case .mute(let user): mute(id, user)
    case .unmute(let user): unmute(id, user)
    case .op(let user): op(id, user)
    case .deop(let user): deop(id, user)
    case .lock(let secret): lock(id, secret, entropy)
    case .unlock: unlock(id)
    case .away(let text): away(id, text)
    case .ignore(let user): ignore(id, user)
    case .unignore(let user): unignore(id, user)
    case .history(let room, let count): history(id, room, .last(count ?? Core.historyCount))
    case .historyFrom(let room, .since(let since)): history(id, room, .since(since))
    case .historyFrom(let room, .before(let before)): history(id, room, .last(Core.historyCount), before: before)
    case .search(let text, let before): history(id, nil, .found(text), before: before, command: "search")
    case .offer(let size, let cksum, let name): offer(id, size: size, cksum: cksum, name, entropy)
    case .files(let room, let before): listFiles(id, room, before: before)
    case .get(let file, let offset): get(id, file, offset: offset, entropy)
    case .unsend(let file): unsend(id, file)
    case .format, .ping, .help, .quit, .put, .take: preconditionFailure("answered in perform")
    }
  }
}
