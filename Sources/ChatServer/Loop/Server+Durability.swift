import ChatCore
import ChatProtocol
import ChatStore
import POSIX

/// Why nothing can be recorded, and how many requests were refused because of it.
struct RecordingError {
  var reason: String
  var refused = 0
}

/// A turn that was committed before the records of all turns up to it were durable.
struct HeldTurn {
  let number: UInt64
  /// Where its output ends.
  let end: StreamMark
}

// When the disk fails: what cannot be recorded is refused and not delivered, everything else continues, the log has one line
// about it, and the server recovers by itself once the disk works again.
extension Server {
  /// Reserves space for what the next input may record before the core sees it. So a full disk leads to a refusal and not to
  /// a change that is lost.
  func makeRoom() {
    guard recordingError == nil, !store.hasRoom else { return }
    // Before the core's first input in this turn there are only the loop's own lines, which no client hears of.
    let hasOwnLinesAlone = !store.isChecked
    do throws(Errno) {
      try store.makeRoom()
    } catch {
      beginRecordingError(store.reason(for: error), includingTurn: hasOwnLinesAlone)
    }
  }

  /// Commits what the turn recorded. Where that fails, no output of the turn is sent, and what came from clients counts as if the server
  /// had died at this instant: their connections are closed with the reason, no client logs in before the turn's records are durable,
  /// and whatever they asked for is recorded then or, should the process end, never.
  ///
  /// Returns the turn's number for `release`.
  @discardableResult
  func commit() -> UInt64 {
    if store.hasUncommitted, !store.isChecked { makeRoom() }
    do throws(Errno) {
      try store.commit()
    } catch {
      beginRecordingError(store.reason(for: error))
      voidTurn()
    }
    control.turn = store.turn + 1
    return store.turn
  }

  /// `includingTurn`: what the turn recorded so far has no space either.
  func beginRecordingError(_ reason: String, includingTurn: Bool = false) {
    guard recordingError == nil else { return }
    store.hold(includingTurn: includingTurn)
    recordingError = RecordingError(reason: reason)
    log("recording-failed", text: reason)
    apply(.recording(false, reason: reason))
    ServerProgram.warn("cannot record: \(reason); what needs a record is refused until the disk works again")
  }

  /// The store's thread found that the disk works.
  func endRecordingError() {
    diskMayWork = false
    guard let error = recordingError else { return }
    let linesLost: Int
    do throws(StoreError) {
      linesLost = try store.resume()
    } catch {
      // The store's thread tries again, and the operator knows that it does not work.
      return
    }
    recordingError = nil
    apply(.recording(true, reason: ""))
    log("recording-resumed", [.init("refused", "\(error.refused)"), .init("lines_lost", "\(linesLost)")])
    // The socket may have been in a folder that was gone.
    repairControlSocket()
    ServerProgram.warn("recording again; refused meanwhile: \(error.refused)")
  }

  func repairControlSocket() {
    if let message = control.repairSocket(poller) { log("warning", text: message) }
  }

  func countRefusal(_ effect: Effect) {
    switch effect {
    case .send(.error(let error), _) where error.code == .cannotRecord: recordingError?.refused += 1
    case .reply(_, .failure(let error)) where error.code == .cannotRecord: recordingError?.refused += 1
    default: break
    }
  }

  private func voidTurn() {
    let message = "The server could not record what was just done; connect again in a while."
    let open = connections.all.filter { $0.phase == .open }
    for connection in open { apply(.disconnected(connection.id, reason: "the server cannot record")) }
    // The reply that comes before the transfer's bytes is not sent, so the bytes must not be sent either.
    let begun = connections.all.filter { $0.phase == .transferring && !$0.isHandedOver }
    for connection in begun {
      if let ended = transferEndedBeforeHandOver(connection, "the server cannot record") { apply(ended) }
    }
    for connection in connections.all { outboxes.dropUnreleased(of: connection.id) }
    held.removeAll()
    control.dropAnswers(poller)
    for connection in open {
      outboxes.send(.closing(reason: message), at: clock.now, to: connection.id)
      beginClosing(connection, "recording failed")
    }
  }
}

// From committed to sent.
extension Server {
  /// A slow disk makes output wait in memory. Beyond this much, the server reads from no client until the disk has caught up.
  static let heldBytesMax = 32 << 20

  /// Releases the output of all turns whose records are durable. `turn` is the one that was committed last. Of its output, what was said
  /// together with a record waits for it; the rest waits only for sessions that wait for something before it.
  func release(_ turn: UInt64) {
    let durableTurn = store.durableTurn
    if durableTurn >= turn {
      held.removeAll(keepingCapacity: true)
      outboxes.release()
      return
    }
    held.append(HeldTurn(number: turn, end: outboxes.mark))
    outboxes.commit(isWithheld: store.isTurnWithheld)
    guard let last = held.lastIndex(where: { $0.number <= durableTurn }) else { return }
    outboxes.release(upTo: held[last].end)
    held.removeFirst(last + 1)
  }

  /// Whether a turn has something to send or to write without any event.
  var hasOutputDue: Bool {
    outboxes.isFlushDue || store.hasUncommitted || (held.isEmpty && outboxes.hasOutput)
  }

  /// Whether the disk is so far behind, with syncs or with the files, that no client is read for now.
  var isBackpressured: Bool { !held.isEmpty && outboxes.heldBytes > Server.heldBytesMax || store.isBehind }
}
