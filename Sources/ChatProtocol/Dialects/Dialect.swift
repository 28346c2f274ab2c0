/// How events become bytes on one connection. Commands are the same in both: what one types is the protocol.
package enum Dialect: String, Sendable, CaseIterable {
  /// What a person with `nc` reads.
  case text
  /// One JSON object a line, for `chat` and for bots.
  case json
}
