/// The rooms by how many people are in them, so that a list of the fullest costs no look at all the others.
///
/// Rooms with as many members stand in a list of their own; from one to another is a few assignments.
struct RoomRanking: Sendable {
  /// Places of rooms, by their number of members.
  private var places: [[Int32]] = []
  /// Where each room stands in its list, by its place.
  private var positions: [Int32] = []

  mutating func insert(_ place: Int32, memberCount: Int) {
    while places.count <= memberCount { places.append([]) }
    while positions.count <= Int(place) { positions.append(0) }
    positions[Int(place)] = Int32(places[memberCount].count)
    places[memberCount].append(place)
  }

  mutating func remove(_ place: Int32, memberCount: Int) {
    let position = positions[Int(place)]
    let last = places[memberCount].removeLast()
    if last != place {
      places[memberCount][Int(position)] = last
      positions[Int(last)] = position
    }
    while places.last?.isEmpty == true { places.removeLast() }
  }

  mutating func move(_ place: Int32, from before: Int, to after: Int) {
    remove(place, memberCount: before)
    insert(place, memberCount: after)
  }

  /// The fullest first, as long as `body` returns true.
  func forEach(while body: (Int32) -> Bool) {
    for list in places.reversed() {
      for place in list where !body(place) { return }
    }
  }
}
