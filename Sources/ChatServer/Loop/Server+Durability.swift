import ChatCore
import ChatProtocol
import ChatStore
import POSIX

/// Why nothing can be recorded, and what came of it.
struct RecordingError {
  var reason: String
  /// Commands and requests that were refused because of it.
  var refused = 0
}

// What happens when the disk fails: what cannot be recorded is refused and not delivered, everything else goes on, the
// operator is told in one line, and once the disk works again so does the server.
extension Server {
  /// Room for what the next input may record is taken before the core sees it: a full disk is found out by a refusal
  /// and not by a change that is lost.
  func makeRoom() {
    guard recordingError == nil, !store.hasRoom else { return }
    // Before the core had an input in this turn there is nothing but the loop's own lines, of which nobody is told.
    let hasOwnLinesAlone = !store.isChecked
    do throws(Errno) {
      try store.makeRoom()
    } catch {
      beginRecordingError(store.reason(for: error), includingTurn: hasOwnLinesAlone)
    }
  }

  /// Makes what the turn recorded stand. Where that fails, nobody is told anything of the turn, and all that came from
  /// clients is as if the server had died at this instant: they are closed with the reason, nobody comes in before
  /// the turn's records stand, and whatever they asked for is recorded then or, should the process end, never.
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

  /// From what the store's thread found out, or the loop itself.
  /// `includingTurn`: for what the turn recorded so far there is no room either.
  func beginRecordingError(_ reason: String, includingTurn: Bool = false) {
    guard recordingError == nil else { return }
    store.hold(includingTurn: includingTurn)
    recordingError = RecordingError(reason: reason)
    log("recording-failed", text: reason)
    apply(.recording(false, reason: reason))
    ServerProgram.warn("nothing can be recorded: \(reason); what needs it is refused until it works again")
  }

  /// The store's thread found that the disk works.
  func endRecordingError() {
    diskMayWork = false
    guard let fault = recordingError else { return }
    let linesLost: Int
    do throws(StoreError) {
      // Whatever it was this time: the disk is tried again, and told of was that it does not work.
      linesLost = try store.resume()
    } catch {
      return
    }
    recordingError = nil
    apply(.recording(true, reason: ""))
    log("recording-resumed", [.init("refused", "\(fault.refused)"), .init("lines_lost", "\(linesLost)")])
    // The socket went with the folder.
    repairControlSocket()
    ServerProgram.warn("records are kept again; refused meanwhile: \(fault.refused)")
  }

  func repairControlSocket() {
    if let told = control.repairSocket(poller) { log("warning", text: told) }
  }

  func noteRefusal(_ effect: Effect) {
    switch effect {
    case .send(.error(let fault), _) where fault.code == .cannotRecord: recordingError?.refused += 1
    case .reply(_, .failure(let fault)) where fault.code == .cannotRecord: recordingError?.refused += 1
    default: break
    }
  }

  private func voidTurn() {
    let told = "The server could not record what was just done; connect again in a while."
    let open = connections.all.filter { $0.phase == .open }
    for connection in open { apply(.disconnected(connection.id, reason: "the server cannot record")) }
    // What was to be said before the bytes is not said, so the bytes must not come either.
    let begun = connections.all.filter { $0.phase == .transferring && !$0.isHandedOver }
    for connection in begun {
      if let end = endBeforeHandOver(connection, "the server cannot record") { apply(end) }
    }
    for connection in connections.all { outboxes.dropUnreleased(of: connection.id) }
    held.removeAll()
    control.dropAnswers(poller)
    for connection in open {
      outboxes.send(.closing(reason: told), at: clock.now, to: connection.id)
      beginClosing(connection, "recording failed")
    }
  }
}

/// A turn that was committed before the records of all turns up to it stood.
struct HeldTurn {
  let number: UInt64
  /// Where its output ends.
  let end: Outboxes.Mark
}

// From committed to sent.
extension Server {
  /// A disk that takes long to sync makes output wait in memory. Beyond this much, nothing is read from anybody until it is
  /// done.
  static let heldBytesMax = 32 << 20

  /// Releases the output of all turns whose records stand; `turn` is the one that was committed last. What that one said together with
  /// a record waits for it; the rest only for those who wait for something before it.
  func release(_ turn: UInt64) {
    let standing = store.durableTurn
    if standing >= turn {
      held.removeAll(keepingCapacity: true)
      outboxes.release()
      return
    }
    held.append(HeldTurn(number: turn, end: outboxes.mark))
    outboxes.commit(isWithheld: store.isTurnWithheld)
    guard let last = held.lastIndex(where: { $0.number <= standing }) else { return }
    outboxes.release(upTo: held[last].end)
    held.removeFirst(last + 1)
  }

  /// Whether a turn has something to send or to write without anything having happened.
  var hasOutputDue: Bool {
    outboxes.isFlushDue || store.hasUncommitted || (held.isEmpty && outboxes.hasOutput)
  }

  /// Whether the disk is so far behind, with what is to be synced or with the files, that nobody is read for now.
  var isBackpressured: Bool { !held.isEmpty && outboxes.heldBytes > Server.heldBytesMax || store.isBehind }
}
