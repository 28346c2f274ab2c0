/// How long and how large a run is.
struct Scale: Equatable {
  static let full = Scale(seconds: 3, isQuick: false)
  static let quick = Scale(seconds: 1, isQuick: true)

  /// How long a load lasts.
  var seconds: Double
  /// A tenth of the clients, accounts, rooms and bytes wherever there are thousands.
  var isQuick: Bool

  func count(_ full: Int) -> Int { isQuick ? full / 10 : full }
}
