import POSIX

/// A server that is measured.
struct Subject: Equatable {
  /// As it stands in tables.
  let name: String
  let host: String
  let port: UInt16
  /// Nil where nobody knows; then there are no figures of processor and memory.
  let processID: Int32?
  let isIRC: Bool

  var usage: ProcessUsage? { processID.flatMap { ProcessTable.usage(of: $0) } }

  /// How its clients speak where they would speak `wire` to chat-server.
  func wire(for wire: Wire) -> Wire { isIRC ? .irc : wire }
}
