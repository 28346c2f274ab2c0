import ChatCore
import ChatProtocol

/// One event for many: encoded at its first recipient of each dialect, and never for a dialect that none of them speaks.
struct Broadcast {
  let event: Event
  let time: Timestamp
  private var text: OutputSlice?
  private var json: OutputSlice?

  init(_ event: Event, at time: Timestamp) {
    self.event = event
    self.time = time
  }

  /// Queues it for every one of `recipients` but `exception`, and gives each to `list`, which sees to it that a flush visits it.
  ///
  /// The hot loop of the server. The span has its bounds checked at each recipient, but is looked up and checked for
  /// sharing once, which the array would be each time.
  @inline(__always)
  mutating func queue(
    for recipients: [SessionID], except exception: SessionID?, in boxes: inout [Outbox],
    streams: inout Outboxes.Streams, lists: inout OutputSliceLists, _ list: (inout Outbox, Int32) -> Void
  ) {
    var boxes = boxes.mutableSpan
    // A slot that no session has: nobody is left out.
    let exceptedSlot = exception?.slot ?? -1
    for session in recipients {
      let slot = Int(session.slot)
      if boxes[slot].generation != session.generation || session.slot == exceptedSlot { continue }
      let slice = slice(for: boxes[slot].dialect, &streams)
      if slice.count == 0 { continue }
      boxes[slot].queue(slice, lists: &lists)
      list(&boxes[slot], session.slot)
    }
  }

  @inline(__always)
  private mutating func slice(for dialect: Dialect, _ streams: inout Outboxes.Streams) -> OutputSlice {
    switch dialect {
    case .text:
      if let text { return text }
      let slice = OutputSlice(kind: .sharedText, range: encoded(.text, into: &streams[.sharedText]))
      text = slice
      return slice
    case .json:
      if let json { return json }
      let slice = OutputSlice(kind: .sharedJSON, range: encoded(.json, into: &streams[.sharedJSON]))
      json = slice
      return slice
    }
  }

  @inline(never)
  private func encoded(_ dialect: Dialect, into stream: inout OutputStream) -> Range<Int> {
    stream.append { dialect.encode(event, at: time, into: &$0) }
  }
}
