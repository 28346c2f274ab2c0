import ChatCore
import ChatProtocol

/// What a flush found out about the sessions it visited.
struct FlushOutcome {
  /// The kernel refused bytes: the poller must report when it takes some again.
  var blocked: [SessionID] = []
  /// The kernel has taken all that it had refused.
  var unblocked: [SessionID] = []
  /// More waits than may.
  var overflowed: [SessionID] = []
  /// The connection is broken.
  var lost: [SessionID] = []
  /// Private messages to sessions of the text dialect whose bytes the kernel took.
  var takenMessages: [(recipient: Name, message: MessageID)] = []
}

/// A private message that counts as read once the kernel has taken the session's bytes up to `offset`.
struct DeliveryMark {
  /// The message's recipient: by then another user may be logged in on the session.
  var recipient: Name
  var message: MessageID
  var offset: Int
}

extension Outboxes {
  typealias Send = (_ slot: Int32, Span<UInt8>) -> Transport.SendResult

  /// Sends what was released: one call of `send` for each session that has something. What the kernel refuses is copied
  /// to the session's backlog, so that the streams can be emptied.
  ///
  /// Of the deferred sessions only some are visited, and `isFlushDue` stays set.
  mutating func flush(_ send: Send) -> FlushOutcome {
    outcome = FlushOutcome()
    isFlushDue = false
    var stillListed: [Int32] = []
    for slot in listed {
      boxes[Int(slot)].isListed = false
      guard boxes[Int(slot)].generation != 0 else { continue }
      flush(slot, send)
      if !marks.isEmpty { collectTakenMessages(slot) }
      if boxes[Int(slot)].newest.count > 0 {
        // The rest is withheld.
        boxes[Int(slot)].isListed = true
        stillListed.append(slot)
      }
    }
    flushDeferred(send)
    listed.removeAll(keepingCapacity: true)
    listed += stillListed
    let needed = deferred.start
    for stream in StreamID.all { streams[stream].dropReleased(before: needed?[stream]) }
    gathered.removeAll()
    gathered.trim()
    return outcome
  }

  /// Sends to the sessions that have waited longest; to all of them when the streams hold too much.
  private mutating func flushDeferred(_ send: Send) {
    var left = streamedBytes > deferredBytesMax ? Int.max : DeferredBroadcast.sessionsPerFlush
    var visitedAgain = false
    while left > 0, let slot = deferred.first {
      let box = boxes[Int(slot)]
      // The session is gone, or got it with other output: what is left is newer, and listed.
      guard box.isDeferred, !box.isListed, box.newest.count > 0 else {
        deferred.removeFirst()
        boxes[Int(slot)].isDeferred = false
        continue
      }
      // What the following sessions got is newer.
      guard hasReleased(box) else { return }
      deferred.removeFirst()
      boxes[Int(slot)].isDeferred = false
      left -= 1
      flush(slot, send)
      guard boxes[Int(slot)].newest.count > 0, !box.isListed else { continue }
      // The rest is withheld.
      if !visitedAgain { deferred.begin(at: released) }
      visitedAgain = true
      boxes[Int(slot)].isDeferred = true
      deferred.append(slot)
    }
    isFlushDue = !deferred.isEmpty
  }

  private func hasReleased(_ box: Outbox) -> Bool {
    let oldest = box.oldestIndex == OutputSliceLists.end ? box.newest : lists[box.oldestIndex]
    return oldest.start < streams[oldest.stream].released
  }

  /// The kernel takes bytes of this session again: the next flush offers its backlog.
  mutating func markWritable(_ session: SessionID) {
    guard isOpen(session), boxes[Int(session.slot)].hasBacklog else { return }
    boxes[Int(session.slot)].isWritable = true
    isFlushDue = true
    list(Int(session.slot))
  }

  /// Drops what waits for a slow reader, except the rest of a line that it has the beginning of, and puts one last event in
  /// its place.
  mutating func replaceBacklog(of session: SessionID, with event: Event, at time: Timestamp) {
    guard isOpen(session), var backlog = takeBacklog(session.slot) else { return }
    let slot = Int(session.slot)
    boxes[slot].dropSlices(&lists)
    backlog.cutAfterLine()
    var last: [UInt8] = []
    boxes[slot].dialect.encode(event, at: time, into: &last)
    backlog.append(last.span)
    boxes[slot].queued = boxes[slot].taken + backlog.count
    putBacklog(backlog, session.slot)
    marks[session.slot] = nil
  }

  private mutating func flush(_ slot: Int32, _ send: Send) {
    let box = boxes[Int(slot)]
    if box.hasBacklog {
      gatherSendable(slot)
      flushBacklog(slot, send)
    } else if box.newest.count == 0 {
      return
    } else if box.oldestIndex == OutputSliceLists.end, box.newest.end <= streams[box.newest.stream].released {
      // Nearly always: one slice, sent from where it lies.
      let slice = box.newest
      boxes[Int(slot)].newest = .none
      let result = streams[slice.stream].withBytes(slice.range) { send(slot, $0) }
      guard let left = count(result, of: slice.count, slot) else { return }
      begin(streams[slice.stream].withBytes(slice.range) { backlog(of: $0, left) }, slot)
    } else {
      gatherSendable(slot)
      if gathered.isEmpty { return }
      let result = gathered.withBytes { send(slot, $0) }
      guard let left = count(result, of: gathered.count, slot) else { return }
      begin(gathered.withBytes { backlog(of: $0, left) }, slot)
    }
  }

  private func backlog(of offered: Span<UInt8>, _ sent: (taken: Int, promised: Int)) -> Backlog {
    Backlog(
      of: offered, after: sent.taken, promised: sent.promised, isCut: isTooMuch(offered.count - sent.taken))
  }

  /// Counts what the kernel took. Returns it if something is left.
  private mutating func count(
    _ result: Transport.SendResult, of offered: Int, _ slot: Int32
  ) -> (taken: Int, promised: Int)? {
    switch result {
    case .lost:
      outcome.lost.append(session(at: slot))
      return nil
    case .taken(let taken, let promised):
      boxes[Int(slot)].taken += taken
      return taken < offered ? (taken, promised) : nil
    }
  }

  /// The kernel refused bytes for the first time, or again after it had taken all.
  private mutating func begin(_ backlog: Backlog, _ slot: Int32) {
    boxes[Int(slot)].hasBacklog = true
    outcome.blocked.append(session(at: slot))
    if backlog.isCut { outcome.overflowed.append(session(at: slot)) }
    putBacklog(backlog, slot)
    shedIfTooMuch()
  }

  /// Copies what may be sent of the session's slices to `gathered`, in their order, and removes it from its outbox.
  private mutating func gatherSendable(_ slot: Int32) {
    gathered.removeAll()
    var box = boxes[Int(slot)]
    while box.oldestIndex != OutputSliceLists.end {
      let rest = gatherSendable(of: lists[box.oldestIndex])
      if rest.count > 0 {
        lists[box.oldestIndex] = rest
        boxes[Int(slot)] = box
        return
      }
      box.oldestIndex = lists.removeFirst(box.oldestIndex)
    }
    box.olderLastIndex = OutputSliceLists.end
    box.newest = gatherSendable(of: box.newest)
    boxes[Int(slot)] = box
  }

  /// Copies what may be sent of a slice. Returns the rest.
  private mutating func gatherSendable(of slice: OutputSlice) -> OutputSlice {
    let end = sendableEnd(of: slice)
    guard slice.start < end else { return slice }
    streams[slice.stream].copy(slice.start..<end, to: &gathered)
    return OutputSlice(slice.stream, end..<slice.end)
  }

  /// What was gathered goes behind the backlog, which is offered if the kernel takes bytes again.
  private mutating func flushBacklog(_ slot: Int32, _ send: Send) {
    guard var backlog = takeBacklog(slot) else { return }
    if backlog.isCut {
      boxes[Int(slot)].queued -= gathered.count
      // Its last line is still to come.
      if backlog.count == 0 {
        putBacklog(backlog, slot)
        return
      }
    } else {
      gathered.withBytes { backlog.append($0) }
    }
    if boxes[Int(slot)].isWritable {
      boxes[Int(slot)].isWritable = false
      let before = backlog.count
      switch backlog.withBytes({ send(slot, $0) }) {
      case .lost: outcome.lost.append(session(at: slot))
      case .taken(let count, let promised): backlog.removeFirst(count, promised: promised)
      }
      boxes[Int(slot)].taken += before - backlog.count
    }
    if backlog.count == 0 {
      boxes[Int(slot)].hasBacklog = false
      outcome.unblocked.append(session(at: slot))
    } else {
      if isTooMuch(backlog.count), !backlog.isCut { cut(&backlog, slot) }
      putBacklog(backlog, slot)
      shedIfTooMuch()
    }
  }

  private func isTooMuch(_ bytes: Int) -> Bool { backlogBytesMax > 0 && bytes > backlogBytesMax }

  private mutating func cut(_ backlog: inout Backlog, _ slot: Int32) {
    backlog.cutAfterLine()
    outcome.overflowed.append(session(at: slot))
  }

  /// When all backlogs together take too much memory, cuts the largest ones until an eighth is free: so this, which looks at all of
  /// them, does not run for each line.
  private mutating func shedIfTooMuch() {
    guard backlogsBytesMax > 0, backlogBytes > backlogsBytesMax else { return }
    let target = backlogsBytesMax - backlogsBytesMax / 8
    let largest = backlogs.map { (slot: $0.key, bytes: $0.value.heldBytes, isCut: $0.value.isCut) }
      .sorted { $0.bytes > $1.bytes }
    for entry in largest where !entry.isCut && backlogBytes > target {
      guard var backlog = takeBacklog(entry.slot) else { continue }
      cut(&backlog, entry.slot)
      putBacklog(backlog, entry.slot)
    }
    // Even the ends of lines are too much: these sessions get no last line.
    for entry in largest where backlogBytes > backlogsBytesMax {
      guard takeBacklog(entry.slot) != nil else { continue }
      boxes[Int(entry.slot)].hasBacklog = false
      outcome.lost.append(session(at: entry.slot))
    }
  }

  private mutating func collectTakenMessages(_ slot: Int32) {
    guard let waiting = marks.removeValue(forKey: slot) else { return }
    let taken = boxes[Int(slot)].taken
    for mark in waiting where mark.offset <= taken { outcome.takenMessages.append((mark.recipient, mark.message)) }
    let left = waiting.filter { $0.offset > taken }
    if !left.isEmpty { marks[slot] = left }
  }
}
