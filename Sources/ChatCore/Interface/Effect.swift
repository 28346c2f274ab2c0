package import ChatProtocol

/// All that the core asks of the world, in the order in which it is to happen.
package enum Effect: Sendable {
  /// What one session says to a room: a line of the log, then the event for every other session of the audience, then the
  /// sender's own copy. One effect for all three, because this is what a busy server does. The array is shared with the
  /// core's state, not copied.
  case message(RoomMessage, from: SessionID, to: [SessionID])
  case send(Event, to: Audience)
  /// An event of an earlier time, which is told now.
  case sendPast(Event, at: Timestamp, to: SessionID)
  /// A change that must stand in the files before anything later is sent.
  case record(Record)
  /// A line of `chat.log`; must stand before anything later is sent.
  case log(LogRecord)
  /// Is `secret` the password behind `hash` (a crypt(5) string or `plain:SECRET`)? Answered by `Input.passwordVerified`;
  /// until then the session is not decoded further.
  case verifyPassword(SessionID, Secret, hash: String)
  /// The session is not decoded further until `release`, or the answer to a later `verifyPassword` for it.
  case hold(SessionID)
  case release(SessionID)
  /// Answered by `Input.passwordHashed`; until then the session is not decoded further.
  case hashPassword(SessionID, Secret)
  /// Answered by `Input.controlPasswordHashed`.
  case hashControlPassword(ControlID, Secret)
  /// A password typed into a file by hand, to be hashed behind those of people who wait; one at a time.
  /// Answered by `Input.storedPasswordHashed`.
  case hashStoredPassword(StoredSecret)
  /// Answered by `Input.historyRead`; until then the session is not decoded further.
  case readHistory(SessionID, HistoryQuery)
  /// Answered by `Input.fileChecked`; until then the session is not decoded further.
  case checkFile(SessionID, FileCheck)
  /// An `ok` in which the loop fills in where the session is connected to.
  case replyWithAddress(Reply, to: SessionID)
  /// What was sent to the session before goes out, then the connection is the transfer's. The core has forgotten it. Ends with
  /// `Input.transferEnded`, always.
  case beginTransfer(SessionID, Transfer)
  /// Ends a transfer as it is.
  case cutTransfer(SessionID)
  /// The bytes of the file are not needed any more, once the records before this stand.
  case discardFile(MessageID)
  /// From the next event on the session speaks `dialect`.
  case setDialect(SessionID, Dialect)
  /// The session is in, and may stay longer than `login_seconds`.
  case loggedIn(SessionID)
  /// The session logged out: `login_seconds` begin anew.
  case loggedOut(SessionID)
  /// The session's account moved to another connection: lines it sent that were not read yet are dropped.
  /// What was sent to it before goes out, then the connection is closed. The core has forgotten it already.
  case close(SessionID)
  /// The same for one of many, as soon as a turn has time for it: ends with `Input.disconnected` of this reason, before which nothing
  /// more is heard of the session.
  case depart(SessionID, reason: String, message: String)
  /// The last of an answer.
  case reply(ControlID, Result<ControlReply, ControlError>)
  /// A piece of an answer, nil where there is none yet. More follows at `Input.controlReady`, which comes in a later turn
  /// and once the client has taken this.
  case replyPart(ControlID, ControlReply?)
  /// What only the loop knows is filled in there: outbox bytes, activity, dialect. A part, or the last of an answer.
  case replySessions(ControlID, [(id: SessionID, session: ControlSession)], isLast: Bool)
  case replyStatus(ControlID, CoreStatus)
  /// The same with who makes it so, of which the loop knows the sessions and the warnings.
  case replyTop(ControlID, CoreStatus, busiest: [ControlBusyRoom])
  /// Tell what the log holds, and what will come, without the core. `ifNothing`: the answer where nothing
  /// is found, because what is asked for is unknown.
  case readLog(ControlID, ControlLogQuery, ifNothing: ControlError?)
  /// The settings in force, of which the loop knows all.
  case replySettings(ControlID)
  /// Write the readable files now, then answer.
  case save(ControlID)
  /// Capture everything that is committed with this turn, and answer with an archive of it.
  case backup(ControlID)
  /// Look for edits in the files now, and open the log anew. Answered by `Input.edited`, which names the request.
  /// `force`: also those that drop most of a file.
  case reload(ControlID, force: Bool)
  /// Look what `reload` would find wrong, and answer.
  case check(ControlID)
  /// More of an edit is to be taken over than one input is to do. Answered by `Input.editContinues` in a later turn.
  case continueEdit
  /// All of the edit of this number is in force.
  case editApplied(UInt64)
  /// Bounds that the loop holds are these from now on.
  case applySettings(Settings)
  /// Save and end the server.
  case stop
}

/// Whom an event goes to.
package enum Audience: Sendable {
  case session(SessionID)
  /// Every one of these but `except`. The array is shared with the core's state, not copied.
  case sessions([SessionID], except: SessionID?)
}

/// What `Effect.readHistory` looks for in the log.
package struct HistoryQuery: Equatable, Sendable {
  package enum Page: Equatable, Sendable {
    /// The last `count`.
    case last(Int)
    /// The oldest ones with a greater id.
    case since(MessageID)
    /// The last ones that hold this text, in any case.
    case found(String)
  }

  package var room: Name
  /// No message before this one is of the room's past; nil where that begins with the first id that was given out when it was
  /// created or later, if it is known when that was.
  package var firstID: MessageID?
  package var created: Timestamp?
  /// Only ids below this: what comes later is delivered as it happens.
  package var before: MessageID
  /// Of `last` and `found`: nor ids from this one on, where the page goes on from another one.
  package var olderThan: MessageID?
  /// Whose messages are no part of the page.
  package var ignored: NameList
  package var page: Page

  package init(
    room: Name, firstID: MessageID? = nil, created: Timestamp? = nil, before: MessageID, olderThan: MessageID? = nil,
    ignored: NameList = NameList(), page: Page
  ) {
    self.room = room
    self.created = created
    self.firstID = firstID
    self.before = before
    self.olderThan = olderThan
    self.ignored = ignored
    self.page = page
  }

  /// The most messages, and the most bytes of text, in one reply.
  package static let messagesMax = 200
  package static let bytesMax = 256 << 10
}

/// The core's part of `status`.
package struct CoreStatus: Equatable, Sendable {
  package var sessions: Int
  package var present: Int
  package var accounts: Int
  package var rooms: Int
  package var bans: Int
  package var mutes: Int
  package var messages: UInt64
  package var files: ControlFileUse
  package var recordingError: String?
}

/// A line of `chat.log` but for its time. `LogFormat` in the store writes and reads it.
///
/// A message has a case of its own because it is the hot path; everything else is an event's name and its fields.
package enum LogRecord: Equatable, Sendable {
  /// `message id=1042 room=lobby from=alice text="hello, world"`, or `action id=…` for `/me`.
  case message(RoomMessage)
  /// `login user=alice session=7 address=127.0.0.1`; `text` comes last, quoted.
  case event(String, [Field], text: String?)

  /// The id that stands first in the line and is its own; nil for a line without.
  package var id: MessageID? {
    switch self {
    case .message(let message): message.id
    case .event(_, let fields, _): fields.first?.key == "id" ? MessageID(fields[0].value) : nil
    }
  }

  /// Whether nothing follows the id: when it is read back, it is not told from one of which digits are missing.
  package var endsWithID: Bool {
    if case .event(_, let fields, nil) = self { fields.count == 1 } else { false }
  }

  package struct Field: Equatable, Sendable {
    package var key: String
    /// Written bare where it is one word of safe characters, else quoted.
    package var value: String
    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }
}

/// The bytes of a file on their way over a connection that is for nothing else.
package struct Transfer: Equatable, Sendable {
  package enum Direction: Sendable {
    /// To the server: what comes is kept as part of the file until all of it is there.
    case up
    case down
  }

  package var direction: Direction
  package var file: MessageID
  /// Of the whole file.
  package var size: UInt64
  package var cksum: UInt32
  /// Bytes before this are where they are to be already.
  package var offset: UInt64

  package init(_ direction: Direction, file: MessageID, size: UInt64, cksum: UInt32, offset: UInt64) {
    self.direction = direction
    self.file = file
    self.size = size
    self.cksum = cksum
    self.offset = offset
  }
}

/// What came of a transfer.
package enum TransferResult: Equatable, Sendable {
  /// All bytes went. Those of an upload are checked, synced and no part any more.
  case done
  /// All bytes came, and they are others than were offered.
  case wrongCksum
  /// So many of the file's bytes are where they were to go.
  case interrupted(reason: String, bytes: UInt64)
}

/// What `Effect.checkFile` asks about the bytes of a file.
package enum FileCheck: Equatable, Sendable {
  /// Take room on the disk for all of the file, and tell how much of it is there.
  case partOf(MessageID, size: UInt64)
  /// Are all of its bytes there?
  case wholeOf(MessageID, size: UInt64)
}

package enum FileCheckResult: Equatable, Sendable {
  case bytes(UInt64)
  /// The bytes are gone, or are not as many as they should be.
  case missing
  /// The disk has no room, or fails.
  case failed(reason: String)
}
