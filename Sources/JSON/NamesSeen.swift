/// The names an object has had so far, to find one that stands twice. Most objects have a handful, compared one by one;
/// a set takes over where that would become quadratic.
///
/// Names are compared by their bytes, as everybody else who reads JSON does (RFC 8259, section 8.3): two that differ only in
/// how Unicode composes a letter are two.
struct NamesSeen {
  private static let linearMax = 12
  private var set: Set<[UInt8]> = []

  /// False if the name stands among these members already, else it is remembered as the next one's.
  mutating func insert(_ name: String, after members: [JSONMember]) -> Bool {
    if members.count < Self.linearMax { return !members.contains { isSameText($0.name, name) } }
    if set.isEmpty { for member in members { set.insert(Array(member.name.utf8)) } }
    return set.insert(Array(name.utf8)).inserted
  }
}
