import ChatCore
import ChatProtocol

/// Where connections come from: an address, and what all of them together may do (see `Throttle`).
final class Origin {
  let network: Network
  var connectionCount = 0
  /// Those of its connections that have lines to be decoded.
  var toDecode = DecodeRow()
  /// Connections that it makes.
  var arrivals = Throttle()
  /// What its connections have the server do beyond ordinary commands.
  var work = Throttle()

  init(_ network: Network) { self.network = network }

  /// Whether nothing of it is worth keeping.
  func isForgettable(at now_us: Int64) -> Bool {
    connectionCount == 0 && toDecode.isEmpty && arrivals.isIdle(at: now_us) && work.isIdle(at: now_us)
  }
}

/// The origins of those who are connected, and of those who were within the last minute.
struct Origins {
  private var origins: [Network: Origin] = [:]

  /// Beyond so many of whom none is connected, those who come are counted anew each time: somebody who has that many addresses is not
  /// slowed by counting addresses, and must not fill the memory with them either.
  static let kept_max = Core.countedMax

  subscript(network: Network) -> Origin? { origins[network] }

  mutating func origin(_ network: Network) -> Origin {
    if let origin = origins[network] { return origin }
    let origin = Origin(network)
    origins[network] = origin
    return origin
  }

  /// Once a second.
  mutating func forgetOld(at now_us: Int64) {
    origins = origins.filter { !$0.value.isForgettable(at: now_us) }
    if origins.count > Origins.kept_max { origins = origins.filter { $0.value.connectionCount > 0 } }
  }
}
