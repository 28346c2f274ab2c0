import ChatProtocol

// What changes a row of the files that people edit waits while an edit is taken over, in the order in which it came. Else it
// would be recorded as replacing a row which the person's file has no more, and what the person wrote there would be lost.
extension Core {
  func mustDefer(_ input: Input) -> Bool {
    (edit != nil || !deferredInputs.isEmpty) && input.changesRows
  }

  mutating func deferInput(_ input: Input) {
    if let session = input.session {
      guard sessions.contains(session) else { return }
      effects.append(.hold(session))
    }
    deferredInputs.append(input)
  }

  mutating func performDeferred(_ input: Input) {
    if let session = input.session {
      // Whoever asked may have gone, or been put out by the edit.
      guard sessions.contains(session) else { return }
      effects.append(.release(session))
    }
    // One edit at a time; this one's rows come next.
    if case .edited(let edit) = input { begin(edit) } else { perform(input) }
  }

  /// The server stops: nobody is here any more who could be told, but those at the control socket.
  mutating func refuseDeferred() {
    for request in reloads.keys.sorted(by: { $0.number < $1.number }) { refuseStopping(.controlReady(request)) }
    reloads = [:]
    while let input = deferredInputs.popFirst() { refuseStopping(input) }
  }
}

extension Input {
  /// Whose next line is not to be decoded before this is done.
  fileprivate var session: SessionID? {
    switch self {
    case .command(let id, _, _), .passwordHashed(let id, _): id
    default: nil
    }
  }

  /// Whether it may change a row, or asks whose an e-mail address is, which may be on its way from one row to another.
  fileprivate var changesRows: Bool {
    switch self {
    case .command(_, let command, _): command.flags.contains(.touchesRows)
    case .control(_, let request, _, _): request.changesRows
    case .passwordHashed, .controlPasswordHashed, .storedPasswordHashed, .edited: true
    case .started, .connected, .fault, .passwordVerified, .passwordRefused, .historyRead, .fileChecked, .transferEnded,
      .privateMessageTaken, .controlReady, .controlGone, .editRejected, .editContinues, .logReopened, .tick,
      .disconnected, .recording,
      .stop:
      false
    }
  }
}

extension ControlRequest {
  fileprivate var changesRows: Bool {
    switch self {
    case .roomsCreate, .roomsDelete, .roomsSet, .usersAdd, .usersPasswd, .usersSet, .usersDisable, .usersEnable,
      .usersDelete:
      true
    case .roomsList, .roomsInfo, .roomsMembers, .roomsKick, .usersList, .usersInfo, .usersKick, .usersBan, .usersUnban,
      .usersMute, .usersUnmute, .bansList, .bansAdd, .bansRemove, .sessionsList, .sessionsClose, .filesList,
      .filesDelete, .say, .readLog, .status, .top, .settingsShow, .save, .backup, .reload, .check, .dryRun, .stop:
      false
    }
  }
}
