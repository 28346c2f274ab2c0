import ChatStore

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
    let standing = store.standing
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
  var holdsTooMuch: Bool { !held.isEmpty && outboxes.heldBytes > Server.heldBytesMax || store.isBehind }
}
