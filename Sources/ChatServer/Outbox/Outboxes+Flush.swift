import ChatCore
import ChatProtocol

extension Outboxes {
  /// Sends what was released: one call of `send` for each session that has something. What the kernel refuses is copied
  /// to the session's backlog, so that the streams can be emptied.
  ///
  /// Of those who were told nothing but what very many were told, only some get it now, and `isFlushDue` stays.
  mutating func flush(_ send: (_ slot: Int32, Span<UInt8>) -> SendResult) -> FlushOutcome {
    outcome = FlushOutcome()
    isFlushDue = false
    var stillListed: [Int32] = []
    for slot in listed {
      boxes[Int(slot)].isListed = false
      guard boxes[Int(slot)].generation != 0 else { continue }
      flush(slot, send)
      if !marks.isEmpty { collectTakenMessages(slot) }
      if boxes[Int(slot)].newest.count > 0 {
        // Not all of it may be sent.
        boxes[Int(slot)].isListed = true
        stillListed.append(slot)
      }
    }
    flushDeferred(send)
    listed.removeAll(keepingCapacity: true)
    listed += stillListed
    for kind in OutputStream.Kind.allCases { streams[kind].dropReleased(before: deferred.start?[kind]) }
    gathered.removeAll()
    gathered.trim()
    return outcome
  }

  /// Sends to those who have waited longest; to all of them where more waits in the streams than is good.
  private mutating func flushDeferred(_ send: (_ slot: Int32, Span<UInt8>) -> SendResult) {
    var left = streamedBytes > deferredBytesMax ? Int.max : DeferredBroadcast.flushed_max
    var visitedAgain = false
    while left > 0, let slot = deferred.first {
      let box = boxes[Int(slot)]
      // Somebody who is gone, or who was sent all of it with something else: what is left is newer, and listed.
      guard box.isDeferred, !box.isListed, box.newest.count > 0 else {
        deferred.removeFirst()
        boxes[Int(slot)].isDeferred = false
        continue
      }
      // Whoever comes behind was told later.
      guard hasReleased(box) else { return }
      deferred.removeFirst()
      boxes[Int(slot)].isDeferred = false
      left -= 1
      flush(slot, send)
      guard boxes[Int(slot)].newest.count > 0, !box.isListed else { continue }
      // Not all of it may be sent.
      if !visitedAgain { deferred.begin(at: released) }
      visitedAgain = true
      boxes[Int(slot)].isDeferred = true
      deferred.append(slot)
    }
    isFlushDue = !deferred.isEmpty
  }

  private func hasReleased(_ box: Outbox) -> Bool {
    let oldest = box.oldestIndex == OutputSliceLists.end ? box.newest : lists[box.oldestIndex]
    return oldest.start < streams[oldest.kind].released
  }

  /// The kernel takes bytes of this session again: the next flush offers its backlog.
  mutating func noteWritable(_ session: SessionID) {
    guard isOpen(session), boxes[Int(session.slot)].hasBacklog else { return }
    boxes[Int(session.slot)].isWritable = true
    isFlushDue = true
    list(Int(session.slot))
  }

  /// Drops what waits for a reader that is too slow, all but the rest of a line it has the beginning of, and puts one
  /// last event in its place.
  mutating func replaceBacklog(of session: SessionID, with event: Event, at time: Timestamp) {
    guard isOpen(session), var backlog = takeBacklog(session.slot) else { return }
    let slot = Int(session.slot)
    boxes[slot].forgetSlices(&lists)
    backlog.cutAfterLine()
    var last: [UInt8] = []
    boxes[slot].dialect.encode(event, at: time, into: &last)
    backlog.append(last.span)
    boxes[slot].queued = boxes[slot].taken + backlog.count
    putBacklog(backlog, session.slot)
    marks[session.slot] = nil
  }

  private mutating func flush(_ slot: Int32, _ send: (Int32, Span<UInt8>) -> SendResult) {
    let box = boxes[Int(slot)]
    if box.hasBacklog {
      gatherSendable(slot)
      flushBacklog(slot, send)
    } else if box.newest.count == 0 {
      return
    } else if box.oldestIndex == OutputSliceLists.end, box.newest.end <= streams[box.newest.kind].released {
      // Nearly always: one slice, sent from where it lies.
      let slice = box.newest
      boxes[Int(slot)].newest = .none
      let result = streams[slice.kind].withBytes(slice.range) { send(slot, $0) }
      guard let taken = note(result, of: slice.count, slot) else { return }
      let isTooMuch = isTooMuch(slice.count - taken)
      let backlog = streams[slice.kind].withBytes(slice.range) {
        isTooMuch ? Backlog(restOfLineOf: $0, after: taken) : Backlog(of: $0, after: taken)
      }
      begin(backlog, slot)
    } else {
      gatherSendable(slot)
      if gathered.isEmpty { return }
      let result = gathered.withBytes { send(slot, $0) }
      guard let taken = note(result, of: gathered.count, slot) else { return }
      let isTooMuch = isTooMuch(gathered.count - taken)
      let backlog = gathered.withBytes {
        isTooMuch ? Backlog(restOfLineOf: $0, after: taken) : Backlog(of: $0, after: taken)
      }
      begin(backlog, slot)
    }
  }

  /// Counts what the kernel took; returns it if something is left.
  private mutating func note(_ result: SendResult, of count: Int, _ slot: Int32) -> Int? {
    switch result {
    case .lost:
      outcome.lost.append(session(at: slot))
      return nil
    case .taken(let taken):
      boxes[Int(slot)].taken += taken
      return taken < count ? taken : nil
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

  /// Copies what may be sent of the session's slices to `gathered`, in their order, and takes it from its outbox.
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

  /// Copies what may be sent of a slice; returns the rest.
  private mutating func gatherSendable(of slice: OutputSlice) -> OutputSlice {
    let end = sendableEnd(of: slice)
    guard slice.start < end else { return slice }
    streams[slice.kind].copy(slice.start..<end, to: &gathered)
    return OutputSlice(kind: slice.kind, range: end..<slice.end)
  }

  /// What was gathered goes behind the backlog, and that is offered if the kernel takes bytes again.
  private mutating func flushBacklog(_ slot: Int32, _ send: (Int32, Span<UInt8>) -> SendResult) {
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
      case .taken(let count): backlog.removeFirst(count)
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

  /// Where more memory is taken by all slow readers together than may be, the largest backlogs are cut, until an eighth is free: so
  /// this, which looks at all of them, is not to be done for each line.
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
    // Even the ends of lines are too much: these readers go without a word.
    for entry in largest where backlogBytes > backlogsBytesMax {
      guard takeBacklog(entry.slot) != nil else { continue }
      boxes[Int(entry.slot)].hasBacklog = false
      outcome.lost.append(session(at: entry.slot))
    }
  }

  private func session(at slot: Int32) -> SessionID {
    SessionID(slot: slot, generation: boxes[Int(slot)].generation)
  }

  private mutating func collectTakenMessages(_ slot: Int32) {
    guard let waiting = marks.removeValue(forKey: slot) else { return }
    let taken = boxes[Int(slot)].taken
    for mark in waiting where mark.offset <= taken { outcome.takenMessages.append((mark.recipient, mark.message)) }
    let left = waiting.filter { $0.offset > taken }
    if !left.isEmpty { marks[slot] = left }
  }
}

/// What a flush found out about the sessions it visited.
struct FlushOutcome {
  /// The kernel refused bytes: tell when it takes some again.
  var blocked: [SessionID] = []
  /// All that was refused has been taken since.
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
  /// Whose message it is: by the time the bytes are taken somebody else may be logged in there.
  var recipient: Name
  var message: MessageID
  var offset: Int
}

/// What became of bytes that were offered to the kernel.
enum SendResult: Equatable {
  /// It took that many, perhaps none.
  case taken(Int)
  /// It takes none any more.
  case lost
}
