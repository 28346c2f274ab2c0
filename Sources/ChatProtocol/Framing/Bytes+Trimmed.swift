extension [UInt8] {
  /// A copy that takes no more memory than its bytes. `Array(slice)` may share the memory of the array behind the slice, which has
  /// room for all that it ever held.
  package init(trimmed bytes: ArraySlice<UInt8>) {
    self = []
    reserveCapacity(bytes.count)
    self += bytes
  }
}
