package import ChatProtocol

/// Names in the order in which they were put there, none twice; asking for one costs the same however many there are.
package struct NameList: Equatable, Sendable {
  package private(set) var names: [Name]
  private var index: Set<Name>

  package init(_ names: [Name] = []) {
    self.names = []
    index = []
    for name in names { insert(name) }
  }

  package var isEmpty: Bool { names.isEmpty }

  package func contains(_ name: Name) -> Bool { !names.isEmpty && index.contains(name) }

  /// False where it was there already.
  @discardableResult
  package mutating func insert(_ name: Name) -> Bool {
    guard index.insert(name).inserted else { return false }
    names.append(name)
    return true
  }

  /// The name as it was written here; nil where it was not there.
  @discardableResult
  mutating func remove(_ name: Name) -> Name? {
    guard let removed = index.remove(name) else { return nil }
    names.removeAll { $0 == name }
    return removed
  }
}
