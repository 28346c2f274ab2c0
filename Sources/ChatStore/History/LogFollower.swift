import ChatCore
package import ChatProtocol
import JSON

/// Tells what a query asks for of lines that have just been written.
package struct LogFollower: Sendable {
  /// How far it has come.
  package struct Place: Equatable, Sendable {
    package var position: LogPosition
    /// Where in the lines of this turn it stopped, because a part was full.
    var turn: UInt64 = 0
    var offset = 0

    package init(_ position: LogPosition) { self.position = position }
  }

  private let query: ControlLogQuery
  private let filter: LogFilter

  package init(_ query: ControlLogQuery) {
    self.query = query
    filter = LogFilter(query)
  }

  /// Of the lines behind a place, as much as fits into a part, as JSON; nil where nothing is asked for. The place moves on.
  package func part(of turns: [CommittedLines], behind place: inout Place) -> [UInt8]? {
    var rows = LogRows(query.form)
    for turn in turns where turn.end > place.position {
      // Lines count from the turn's first, or from where the last part stopped in it.
      let start = turn.turn == place.turn ? place.offset : 0
      var position = start > 0 ? place.position : turn.before
      var offset = start
      turn.bytes.forEachLine(from: start) { line, next in
        let glance = LogGlance(line)
        position.advance(to: glance?.id)
        offset = next
        if position > place.position, filter.matches(line, glance) { rows.append(line, at: position) }
        return !rows.isFull
      }
      place.position = position
      (place.turn, place.offset) = (turn.turn, offset)
      if rows.isFull { break }
    }
    return rows.isEmpty ? nil : rows.reply.json.compact
  }
}
