/// Finds the slots of a table by the hash of what stands there, eight bytes a bucket: the keys are in the table's rows and
/// nowhere else.
///
/// A bucket holds the slot and 32 bits of the hash, whose upper ones say where it belongs; what finds that place taken goes
/// to the next free one. Growing so reads and writes the buckets in their order and asks no row for its key.
struct SlotIndex: Sendable {
  /// The hash above, the slot and one below; 0 for an empty one.
  private var buckets: [UInt64] = []
  /// How far a hash is shifted to give its bucket.
  private var shift: UInt32 = 32
  private(set) var count = 0

  /// Makes room for so many slots.
  mutating func reserveCapacity(_ count: Int) {
    if count * 4 > buckets.count * 3 { resize(toHold: count) }
  }

  /// The slot among those of that hash that is the one.
  @inline(__always)
  func slot(_ hash: Int, where isTheOne: (Int32) -> Bool) -> Int32? {
    if buckets.isEmpty { return nil }
    let hash = UInt32(truncatingIfNeeded: hash)
    var bucket = Int(hash >> shift)
    while buckets[bucket] != 0 {
      if UInt32(truncatingIfNeeded: buckets[bucket] >> 32) == hash, isTheOne(Self.slot(of: buckets[bucket])) {
        return Self.slot(of: buckets[bucket])
      }
      bucket = next(bucket)
    }
    return nil
  }

  /// Adds a slot that is not there.
  mutating func insert(_ slot: Int32, _ hash: Int) {
    reserveCapacity(count + 1)
    count += 1
    put(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(UInt32(slot) + 1))
  }

  /// Takes out a slot that is there.
  mutating func remove(_ slot: Int32, _ hash: Int) {
    var hole = bucket(of: slot, hash)
    count -= 1
    // Those behind it that would be looked for at the hole, or before it, move up.
    var bucket = next(hole)
    while buckets[bucket] != 0 {
      let home = Int(UInt32(truncatingIfNeeded: buckets[bucket] >> 32) >> shift)
      let mask = buckets.count - 1
      if (bucket - home) & mask >= (bucket - hole) & mask {
        buckets[hole] = buckets[bucket]
        hole = bucket
      }
      bucket = next(bucket)
    }
    buckets[hole] = 0
  }

  /// What stood at a slot stands at another now.
  mutating func move(_ slot: Int32, to new: Int32, _ hash: Int) {
    let bucket = bucket(of: slot, hash)
    buckets[bucket] = buckets[bucket] & ~0xFFFF_FFFF | UInt64(UInt32(new) + 1)
  }

  private func bucket(of slot: Int32, _ hash: Int) -> Int {
    precondition(!buckets.isEmpty, "an empty index has no slots")
    var bucket = Int(UInt32(truncatingIfNeeded: hash) >> shift)
    while Self.slot(of: buckets[bucket]) != slot {
      precondition(buckets[bucket] != 0, "the slot is there, under that hash")
      bucket = next(bucket)
    }
    return bucket
  }

  private func next(_ bucket: Int) -> Int { (bucket + 1) & (buckets.count - 1) }

  /// -1 for an empty bucket.
  private static func slot(of bucket: UInt64) -> Int32 { Int32(truncatingIfNeeded: bucket) - 1 }

  @inline(__always)
  private mutating func put(_ entry: UInt64) {
    var bucket = Int(UInt32(truncatingIfNeeded: entry >> 32) >> shift)
    while buckets[bucket] != 0 { bucket = next(bucket) }
    buckets[bucket] = entry
  }

  /// A quarter stays free at least, so that what is not there is soon found missing.
  private mutating func resize(toHold count: Int) {
    var size = 16
    while count * 4 > size * 3 { size *= 2 }
    let old = buckets
    buckets = [UInt64](repeating: 0, count: size)
    shift = 32 - UInt32(size.trailingZeroBitCount)
    for entry in old where entry != 0 { put(entry) }
  }
}
