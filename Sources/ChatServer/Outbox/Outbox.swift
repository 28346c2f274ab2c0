import ChatCore
import ChatProtocol

/// What one session is still to be sent: plain numbers, so that queueing a broadcast for it touches one cache line, counts
/// no references and allocates nothing.
///
/// Nearly always a session has one slice: the newest, which lies here and grows while what follows it in its stream
/// is meant for this session too.
struct Outbox {
  /// 0 while nobody sits here: a session's generation begins at 1.
  var generation: UInt32 = 0
  var dialect = Dialect.text
  /// It stands in the list of those that the next flush visits.
  var isListed = false
  /// It stands among those whose turn comes with one of the next flushes.
  var isPatient = false
  /// Some bytes were refused by the kernel and wait in `Outboxes.backlogs`.
  var hasBacklog = false
  /// The kernel says that it takes bytes again.
  var isWritable = false

  var newest = OutputSlice.none
  /// Slices that are older than `newest`, in `OutputSliceLists`.
  var oldestIndex = OutputSliceLists.end
  var olderLastIndex = OutputSliceLists.end

  /// Bytes queued since the session began, and how many of them the kernel took.
  var queued = 0
  var taken = 0
}

extension Outbox {
  /// Queues a piece of a stream: extends the newest slice where the piece begins at its end, else begins a new one.
  @inline(__always)
  mutating func queue(_ slice: OutputSlice, lists: inout OutputSliceLists) {
    queued += slice.count
    if newest.kind == slice.kind, newest.end == slice.start {
      newest.end = slice.end
      return
    }
    if newest.count > 0 { setNewestAside(&lists) }
    newest = slice
  }

  private mutating func setNewestAside(_ lists: inout OutputSliceLists) {
    olderLastIndex = lists.append(newest, after: olderLastIndex)
    if oldestIndex == OutputSliceLists.end { oldestIndex = olderLastIndex }
  }

  /// Takes all slices out, the oldest first.
  mutating func takeSlices(_ lists: inout OutputSliceLists) -> [OutputSlice] {
    var slices: [OutputSlice] = []
    while oldestIndex != OutputSliceLists.end {
      slices.append(lists[oldestIndex])
      oldestIndex = lists.removeFirst(oldestIndex)
    }
    olderLastIndex = OutputSliceLists.end
    if newest.count > 0 { slices.append(newest) }
    newest = .none
    return slices
  }

  mutating func forgetSlices(_ lists: inout OutputSliceLists) {
    newest = .none
    while oldestIndex != OutputSliceLists.end { oldestIndex = lists.removeFirst(oldestIndex) }
    olderLastIndex = OutputSliceLists.end
  }
}
