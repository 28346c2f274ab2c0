import ChatCore

/// Whom an event of the poller is about, and the token that says so.
///
/// A session's token holds its generation beside its place: an event that was fetched before its connection closed finds
/// nobody, even where another one has the place by then.
enum Registration: Equatable {
  case listener
  case controlListener
  case inbox
  case signals
  case session(SessionID)
  case control(UInt64)

  private static let controlBit: UInt64 = 1 << 63

  var token: UInt64 {
    switch self {
    case .listener: 0
    case .controlListener: 1
    case .inbox: 2
    case .signals: 3
    case .session(let id): UInt64(id.generation) << 32 | UInt64(UInt32(bitPattern: id.slot))
    case .control(let number): Registration.controlBit | number
    }
  }

  init(token: UInt64) {
    if token & Registration.controlBit != 0 {
      self = .control(token & ~Registration.controlBit)
      return
    }
    // A session's generation begins at 1, so its token is above all of these.
    switch token {
    case 0: self = .listener
    case 1: self = .controlListener
    case 2: self = .inbox
    case 3: self = .signals
    default:
      self = .session(
        SessionID(slot: Int32(bitPattern: UInt32(truncatingIfNeeded: token)), generation: UInt32(token >> 32)))
    }
  }
}
