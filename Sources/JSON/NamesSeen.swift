/// The names an object has had so far, to find one that stands twice. Most objects have a handful, compared one by one;
/// a set takes over where that would become quadratic.
///
/// Names that differ only in how Unicode composes them count as the same: nobody can tell them apart on a screen.
struct NamesSeen {
  private static let linearMax = 12
  private var set: Set<String> = []

  /// False if the name stands among these members already, else it is remembered as the next one's.
  mutating func insert(_ name: String, after members: [JSONMember]) -> Bool {
    if members.count < Self.linearMax { return !members.contains { $0.name == name } }
    if set.isEmpty { for member in members { set.insert(member.name) } }
    return set.insert(name).inserted
  }
}
