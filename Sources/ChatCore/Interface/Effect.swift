package import ChatProtocol

/// Everything that the core requests from the loop, in the order of execution.
package enum Effect: Sendable {
  /// A session's message to a room: a line of the log, then the event for all other sessions of the audience, then the
  /// sender's own copy. One effect for all three, because this is the most frequent one. The array is shared with the
  /// core's state, not copied.
  case message(RoomMessage, from: SessionID, to: [SessionID])
  case send(Event, to: Audience)
  /// An event with an earlier time.
  case sendPast(Event, at: Timestamp, to: SessionID)
  /// A change of the files. It must be durable before anything later is sent.
  case record(Record)
  /// A line of `chat.log`. It must be durable before anything later is sent.
  case log(LogRecord)
  /// A line of `private.log`, as durable as one of `chat.log`.
  case logPrivate(PrivateMessage)
  /// Slow work for a session, which always ends with `Input.completed`. Until then its next line is not decoded.
  case start(SessionID, Work)
  /// The session's next line is not decoded until `release`, or the end of work that starts later.
  case hold(SessionID)
  case release(SessionID)
  /// Always ends with `Input.controlPasswordHashed`.
  case hashControlPassword(ControlID, Secret)
  /// A password typed into a file by hand, hashed after those of waiting users; one at a time. Ends with
  /// `Input.storedPasswordHashed`.
  case hashStoredPassword(StoredSecret)
  /// An `ok` to which the loop adds the address that the session is connected to.
  case replyWithAddress(Reply, to: SessionID)
  /// The connection belongs to the transfer as soon as its output is sent. The core has forgotten the session. Always
  /// ends with `Input.transferEnded`.
  case beginTransfer(SessionID, Transfer)
  /// Ends a transfer early.
  case cutTransfer(SessionID)
  /// Deletes the bytes of a file once the records before this are durable.
  case discardFile(MessageID)
  /// The dialect of the session from the next event on.
  case setDialect(SessionID, Dialect)
  /// The session has logged in: `login_seconds` no longer apply.
  case loggedIn(SessionID)
  /// The session has logged out: `login_seconds` start again.
  case loggedOut(SessionID)
  /// Closes the connection when its output is sent. The core has forgotten the session.
  case close(SessionID)
  /// The same for one of many sessions, when a turn has time for it. Ends with `Input.disconnected` and this reason; no
  /// other input of the session comes before that.
  case closeLater(SessionID, reason: String, message: String)
  /// The last part of an answer.
  case reply(ControlID, Result<ControlReply, ControlError>)
  /// A part of an answer; nil if there is none yet. The next follows `Input.controlReady`, which comes in a later turn
  /// and when the client has taken this part.
  case replyPart(ControlID, ControlReply?)
  /// A part of an answer, or the last. The loop adds its own data: output, activity, dialect.
  case replySessions(ControlID, [(id: SessionID, session: ControlSession)], isLast: Bool)
  case replyStatus(ControlID, CoreStatus)
  /// The status with the busiest rooms. The loop adds sessions and warnings.
  case replyTop(ControlID, CoreStatus, busiest: [ControlBusyRoom])
  /// Sends lines of the log, and new ones if requested, without the core. `ifNothing` is the answer if nothing is
  /// found, because the room or user does not exist.
  case readLog(ControlID, ControlLogQuery, ifNothing: ControlError?)
  /// Answers with the settings in force.
  case replySettings(ControlID)
  /// Answers with the certificate in force, after it was replaced if that is asked for.
  case tls(ControlID, ControlTLSRequest)
  /// Writes the readable files, then answers.
  case save(ControlID)
  /// Captures the data as committed with this turn, and answers with an archive of it.
  case backup(ControlID)
  /// Reads edits of the files and reopens the log. Ends with `Input.edited`, which names the request. `force`: also
  /// applies edits that drop most of a file.
  case reload(ControlID, force: Bool)
  /// Answers with the errors in the files.
  case check(ControlID)
  /// The edit needs another turn. Ends with `Input.editContinues` in a later turn.
  case continueEdit
  /// The edit with this number is applied completely.
  case editApplied(UInt64)
  /// New limits that the loop enforces.
  case applySettings(Settings)
  /// Saves and ends the server.
  case stop
}

package enum ControlTLSRequest: Equatable, Sendable {
  case show
  /// A dry run makes nothing; it answers with the certificate that would be replaced, or with why there can be no new one.
  case generate(isDry: Bool)
}

/// Slow work for a session.
package enum Work: Sendable {
  /// `hash` is a crypt(5) string or `plain:SECRET`. Ends with `.passwordVerified`.
  case verifyPassword(Secret, hash: String)
  /// Ends with `.passwordHashed`.
  case hashPassword(Secret)
  /// Ends with `.historyRead`.
  case readHistory(HistoryQuery)
  /// Ends with `.fileChecked`.
  case checkFile(FileCheck)
}

/// Who gets an event.
package enum Audience: Sendable {
  case session(SessionID)
  /// All of these except `except`. The array is shared with the core's state, not copied.
  case sessions([SessionID], except: SessionID?)
}

/// A page of the messages of a room, or of two accounts, in the log.
package struct HistoryQuery: Equatable, Sendable {
  package enum Page: Equatable, Sendable {
    /// The last `count`.
    case last(Int)
    /// The oldest with a greater id.
    case since(MessageID)
    /// Half of them with lesser ids, the others from this one on.
    case around(MessageID)
    /// The last that contain this text, in any case.
    case found(String)
  }

  /// What is read.
  package enum Past: Equatable, Sendable {
    /// From `chat.log`.
    case room(Name)
    /// From `private.log`.
    case conversation(of: Name, with: Name)
  }

  package var past: Past
  /// The room's first id: older messages are of an earlier room of that name. nil if the room begins at its creation
  /// time, if that is known.
  package var firstID: MessageID?
  package var created: Timestamp?
  /// Only ids below this: later messages are sent as they happen.
  package var before: MessageID
  /// For `last` and `found`: only ids below this, if the page continues another.
  package var olderThan: MessageID?
  /// The first id at this time or later takes the place of the id in `page`; of `olderThan` for `last`.
  package var time: Timestamp?
  /// The authors to leave out.
  package var ignored: NameList
  package var page: Page
  /// How much one page holds.
  package var messagesMax = HistoryQuery.messagesMax
  package var bytesMax = HistoryQuery.bytesMax

  package init(
    room: Name, firstID: MessageID? = nil, created: Timestamp? = nil, before: MessageID, olderThan: MessageID? = nil,
    time: Timestamp? = nil, ignored: NameList = NameList(), page: Page
  ) {
    self.init(
      .room(room), firstID: firstID, before: before, olderThan: olderThan, time: time, ignored: ignored, page: page)
    self.created = created
  }

  package init(
    _ past: Past, firstID: MessageID?, before: MessageID, olderThan: MessageID? = nil, time: Timestamp? = nil,
    ignored: NameList = NameList(), page: Page
  ) {
    self.past = past
    self.firstID = firstID
    self.before = before
    self.olderThan = olderThan
    self.time = time
    self.ignored = ignored
    self.page = page
  }

  /// The limits of one reply.
  package static let messagesMax = 200
  package static let bytesMax = 256 << 10
  /// Of a page around an id.
  package static let aroundMax = 50
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

/// A line of `chat.log` without its time. `LogFormat` in the store writes and reads it.
///
/// A message has a case of its own because it is the hot path; anything else is an event's name and fields.
package enum LogRecord: Equatable, Sendable {
  /// `message id=1042 room=lobby from=alice text="hello, world"`, or `action id=…` for `/me`.
  case message(RoomMessage)
  /// `login user=alice session=7 address=127.0.0.1`; `text` comes last, quoted.
  case event(String, [Field], text: String?)

  /// The line's own id, its first field; nil for a line without.
  package var id: MessageID? {
    switch self {
    case .message(let message): message.id
    case .event(_, let fields, _): fields.first?.key == "id" ? MessageID(fields[0].value) : nil
    }
  }

  /// Whether nothing follows the id, so that a reader cannot tell whether digits are missing.
  package var endsWithID: Bool {
    if case .event(_, let fields, nil) = self { fields.count == 1 } else { false }
  }

  package struct Field: Equatable, Sendable {
    package var key: String
    /// Quoted in the log unless it is one word of safe characters.
    package var value: String
    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }
}

/// The transfer of a file over a connection of its own.
package struct Transfer: Equatable, Sendable {
  package enum Direction: Sendable {
    /// To the server, which keeps the bytes as a part until all are there.
    case up
    case down
  }

  package var direction: Direction
  package var file: MessageID
  /// Of the whole file.
  package var size: UInt64
  package var cksum: UInt32
  /// Bytes before this were transferred earlier.
  package var offset: UInt64

  package init(_ direction: Direction, file: MessageID, size: UInt64, cksum: UInt32, offset: UInt64) {
    self.direction = direction
    self.file = file
    self.size = size
    self.cksum = cksum
    self.offset = offset
  }
}

/// How a transfer ended.
package enum TransferResult: Equatable, Sendable {
  /// All bytes were transferred. Those of an upload are verified, synced and in place.
  case done
  /// All bytes arrived, but with a wrong checksum.
  case wrongCksum
  /// `bytes` of the file were transferred, earlier ones included.
  case interrupted(reason: String, bytes: UInt64)
}

/// A question about the bytes of a file on the disk.
package enum FileCheck: Equatable, Sendable {
  /// Reserves space for the whole file, and asks how many of its bytes are stored.
  case partOf(MessageID, size: UInt64)
  /// Asks whether all of its bytes are stored.
  case wholeOf(MessageID, size: UInt64)
}

package enum FileCheckResult: Equatable, Sendable {
  case bytes(UInt64)
  /// The bytes are missing, or their number is wrong.
  case missing
  /// The disk is full, or fails.
  case failed(reason: String)
}
