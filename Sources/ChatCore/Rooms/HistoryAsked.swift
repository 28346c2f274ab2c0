import ChatProtocol

/// What a user asks a past for.
struct HistoryAsked: Sendable {
  var page: HistoryQuery.Page
  var olderThan: MessageID?
  var time: Timestamp?

  init(_ page: HistoryQuery.Page, olderThan: MessageID? = nil) {
    self.page = if case .last(let count) = page { .last(min(count, HistoryQuery.messagesMax)) } else { page }
    self.olderThan = olderThan
  }

  init(_ place: HistoryPlace) {
    switch place {
    case .before(.id(let id)): self.init(.last(Core.historyCount), olderThan: id)
    case .before(.time(let time)): self.init(.last(Core.historyCount), at: time)
    case .since(.id(let id)): self.init(.since(id))
    case .since(.time(let time)): self.init(.since(0), at: time)
    case .around(.id(let id)): self.init(.around(id))
    case .around(.time(let time)): self.init(.around(0), at: time)
    }
  }

  private init(_ page: HistoryQuery.Page, at time: Timestamp) {
    self.init(page)
    self.time = time
  }

  /// The ends of the past that a page is at; a search says only where it continues. `more`: where it continues. `isCut`: older messages cannot be read.
  func ends(_ more: Continuation?, isCut: Bool) -> PastEnds {
    var ends: PastEnds = []
    let (isAtBeginning, isAtEnd) =
      switch page {
      case .last: (true, olderThan == nil && time == nil)
      case .found: (false, false)
      case .since: (false, true)
      case .around: (true, true)
      }
    if isAtBeginning, !isCut, more?.before == nil { ends.insert(.beginning) }
    if isAtEnd, more?.since == nil { ends.insert(.end) }
    return ends
  }
}
