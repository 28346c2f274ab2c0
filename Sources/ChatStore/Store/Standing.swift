/// Which turns' output may go out.
///
/// A turn that changed something awaits a sync. One sync covers every turn that was committed before it began; while it runs,
/// turns go on; what they say waits for whoever waits for one before them.
struct Standing {
  /// The number of the last turn that was committed.
  private(set) var turn: UInt64 = 0
  /// The sync under way, and the first turn that awaits it; nil where none does.
  private var running: (isRunning: Bool, firstAwaiting: UInt64?) = (false, nil)
  /// The first turn that awaits the next sync.
  private var firstWaiting: UInt64?
  private var isWanted = false

  /// The last turn whose output may go out, with that of all before it.
  var upTo: UInt64 { (running.firstAwaiting ?? firstWaiting ?? turn + 1) - 1 }

  var isSyncing: Bool { running.isRunning }
  /// Whether there is something to sync that the sync under way, if any, does not cover.
  var needsSync: Bool { firstWaiting != nil || isWanted }

  /// A turn was committed. `awaits`: its output depends on a sync. `wants`: it wrote something that is to be synced,
  /// but nobody waits for that.
  mutating func commit(awaits: Bool, wants: Bool) {
    turn += 1
    if awaits && firstWaiting == nil { firstWaiting = turn }
    if awaits || wants { isWanted = true }
  }

  /// A sync begins that covers all turns so far.
  mutating func begin() {
    precondition(!running.isRunning, "one sync at a time")
    running = (true, firstWaiting)
    firstWaiting = nil
    isWanted = false
  }

  /// What was covered stands.
  mutating func end() {
    running = (false, nil)
  }

  /// The sync did nothing: those that awaited it await the next one.
  mutating func retry() {
    firstWaiting = running.firstAwaiting ?? firstWaiting
    isWanted = true
    running = (false, nil)
  }

  /// All that was committed stands.
  mutating func settle() {
    running = (false, nil)
    firstWaiting = nil
    isWanted = false
  }
}
