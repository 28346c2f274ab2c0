import ChatProtocol

extension Core {
  mutating func dispatch(_ input: Input) {
    if isStopping {
      refuseStopping(input)
    } else if mustDefer(input) {
      deferInput(input)
    } else {
      perform(input)
    }
  }

  mutating func perform(_ input: Input) {
    switch input {
    case .started: start()
    case .entropy(let bytes): entropy.add(bytes)
    case .connected(let id, let address): connect(id, address)
    case .command(let id, let command): if sessions.contains(id) { perform(command, by: id) }
    case .invalidCommand(let id, let error): if sessions.contains(id) { send(.error(error), to: id) }
    case .completed(let id, let result): complete(id, result)
    case .controlPasswordHashed(let id, let hash): controlPasswordHashed(id, hash)
    case .storedPasswordHashed(let stored, let hash): storedPasswordHashed(stored, hash)
    case .transferEnded(let id, let end): transferEnded(id, end)
    case .privateMessageTaken(let recipient, let message): markRead(recipient, upTo: message)
    case .control(let id, let request, let peer): control(id, request, peer)
    case .controlReady(let id):
      continueListing(id)
      continueReload(id)
    case .controlGone(let id):
      admin.listings[id] = nil
      edits.reloads[id] = nil
    case .edited(let edit):
      begin(edit)
      continueEdit()
    case .editRejected(let reasons): notifyOperators(reasons)
    case .editContinues: continueEdit()
    case .logReopened(let file): logReopened(file)
    case .tick: tick()
    case .disconnected(let id, let reason): if sessions.contains(id) { disconnect(id, reason: reason) }
    case .recording(let possible, let reason): setRecording(possible ? nil : reason)
    case .stop(let reason): stop(reason: reason)
    }
  }

  /// Performs one command of a session. Its one reply follows at once, or when the work for it is done.
  private mutating func perform(_ command: Command, by id: SessionID) {
    precondition(sessions[id].pending == nil, "the loop decodes no line of a session that waits")
    do throws(Refusal) {
      try performOrThrow(command, by: id)
    } catch {
      refuse(id, command.word, error)
      // After this line come bytes, not commands.
      switch command {
      case .put, .take: if sessions[id].user == nil { closeTransfer(id) }
      default: break
      }
    }
  }

  private mutating func performOrThrow(_ command: Command, by id: SessionID) throws(Refusal) {
    switch command {
    case .format(let dialect): changeFormat(id, dialect)
    case .ping(let token): reply("ping", .pong(token: token), to: id)
    case .help(let topic): try help(id, topic)
    case .quit: quit(id)
    case .put(let ticket): try put(id, ticket)
    case .take(let ticket): try take(id, ticket)
    default:
      if let recordingError, command.flags.contains(.records) {
        throw .cannotRecord(recordingError)
      } else if let user = sessions[id].user {
        try perform(command, by: Caller(session: id, user: user))
      } else {
        try performBeforeLogin(command, by: id)
      }
    }
  }

  private mutating func performBeforeLogin(_ command: Command, by id: SessionID) throws(Refusal) {
    switch command {
    case .register(let name, let secret, let email): try register(id, name, secret, email)
    case .login(let name, let secret): try login(id, name, secret)
    case .guest(let name): try loginAsGuest(id, name)
    default:
      throw Refusal(
        .loginFirst, "Log in first: /login NAME PASSWORD, /register NAME PASSWORD or /guest NAME.")
    }
  }

  private mutating func perform(_ command: Command, by caller: Caller) throws(Refusal) {
    if users[caller.user].isMuted, command.flags.contains(.isPublic) { try requireMayWrite(caller) }
    switch command {
    case .message(let text): try say(caller, in: sessions[caller.session].current, text, isAction: false)
    case .action(let text): try say(caller, in: sessions[caller.session].current, text, isAction: true)
    case .say(let room, let text): try say(caller, inRoomNamed: room, text)
    case .privateMessage(let name, let text): try sendPrivately(caller, to: name, text)
    case .read(let message):
      markRead(users[caller.user].name, upTo: message)
      reply("read", .read(upTo: message), to: caller)
    case .register(let name, let secret, let email) where users[caller.user].isGuest:
      try register(caller.session, name, secret, email)
    case .nick(let name): try rename(caller, name)
    case .readRoom(let room, let message): try markRead(caller, in: room, upTo: message)
    case .register, .login, .guest:
      throw Refusal(
        .alreadyIn, "You are logged in as \(users[caller.user].name); /logout first.")
    case .changePassword(let old, let new): try changePassword(caller, old: old, new: new)
    case .logout: logout(caller)
    case .resume(let token): try resume(caller, token)
    case .rooms: listRooms(caller)
    case .info(let room): try info(caller, room)
    case .who(let name): try who(caller, name)
    case .create(let name, let access): try create(caller, name, access)
    case .join(let room, let secret): try join(caller, room, secret)
    case .leave(let room): try leave(caller, room)
    case .switchRoom(let room): try switchRoom(caller, room)
    case .delete(let room): try delete(caller, room)
    case .topic(let text): try topic(caller, text)
    case .kick(let user, let reason): try kick(caller, user, reason: reason)
    case .ban(let user): try ban(caller, user)
    case .unban(let user): try unban(caller, user)
    case .mute(let user): try mute(caller, user)
    case .unmute(let user): try unmute(caller, user)
    case .op(let user): try op(caller, user)
    case .deop(let user): try deop(caller, user)
    case .lock(let secret): try lock(caller, secret)
    case .unlock: try unlock(caller)
    case .invite(let user): try invite(caller, user)
    case .uninvite(let user): try uninvite(caller, user)
    case .hide: try setHidden(caller, true)
    case .unhide: try setHidden(caller, false)
    case .away(let text): setAway(caller, text)
    case .ignore(let user): try ignore(caller, user)
    case .unignore(let user): try unignore(caller, user)
    case .history(let room, let count): try history(caller, room: room, HistoryAsked(.last(count ?? Core.historyCount)))
    case .historyFrom(let room, let place): try history(caller, room: room, HistoryAsked(place))
    case .conversation(let other, .last(let count)):
      try conversation(caller, with: other, HistoryAsked(.last(count ?? Core.historyCount)))
    case .conversation(let other, .from(let place)): try conversation(caller, with: other, HistoryAsked(place))
    case .conversation(let other, .found(let text, let before)):
      try conversation(caller, with: other, HistoryAsked(.found(text), olderThan: before), command: "search")
    case .search(let text, let before):
      try history(caller, room: nil, HistoryAsked(.found(text), olderThan: before), command: "search")
    case .offer(let size, let cksum, let name): try offer(caller, size: size, cksum: cksum, name)
    case .files(let room, let before): try listFiles(caller, room, before: before)
    case .get(let file, let offset): try get(caller, file, offset: offset)
    case .unsend(let file): try unsend(caller, file)
    case .format, .ping, .help, .quit, .put, .take: preconditionFailure("performed without a login")
    }
  }

  /// The server stops and has forgotten all sessions: an input that comes too late.
  mutating func refuseStopping(_ input: Input) {
    switch input {
    case .logReopened(let file): logReopened(file)
    case .control(let id, _, _), .controlReady(let id):
      fail(id, ControlError(.busy, "the server is stopping; start it again to do that"))
    case .edited(let edit):
      let error = ControlError(.busy, "the server is stopping; it applies the edit when it starts again")
      for id in edit.askedBy { fail(id, error) }
    default: break
    }
  }
}
