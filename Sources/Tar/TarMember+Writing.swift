extension TarMember {
  /// What stands before the bytes: one block, and three where the size does not fit into one.
  package var header: [UInt8] {
    guard size > Self.sizeInHeader_max else { return block(name, size: size, kind: Self.plain) }
    let line = Self.extendedLine("size", "\(size)")
    var bytes = block("PaxHeader/\(name)".utf8Prefix(Self.nameBytes_max), size: Int64(line.count), kind: Self.extended)
    bytes += line
    bytes += [UInt8](repeating: 0, count: Self.padding(behind: Int64(line.count)))
    return bytes + block(name, size: 0, kind: Self.plain)
  }

  private func block(_ name: String, size: Int64, kind: UInt8) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ bytes: some Collection<UInt8>, _ field: Field) {
      block.replaceSubrange(field.start..<field.start + bytes.count, with: bytes)
    }
    /// Octal digits, as many as fit before the zero that ends the field; a number that needs more is left out.
    func put(octal number: Int64, _ field: Field) {
      let digits = String(max(0, number), radix: 8)
      let width = field.count - 1
      let fitting = digits.count <= width ? digits : "0"
      put((String(repeating: "0", count: width - fitting.count) + fitting).utf8, field)
    }
    put(name.utf8, .name)
    put(octal: Int64(mode), .mode)
    put(octal: Int64(userID), .userID)
    put(octal: Int64(groupID), .groupID)
    put(octal: size, .size)
    put(octal: modified_s, .modified)
    put([kind], .kind)
    put(Self.magic, .magic)
    // Six digits, a zero and a space.
    put(octal: Self.checksum(of: block[...]), Field(start: Field.checksum.start, count: 7))
    put([UInt8(ascii: " ")], Field(start: Field.checksum.start + 7, count: 1))
    return block
  }

  /// `19 size=8589934592` and a line end: the number counts the whole line, itself included.
  private static func extendedLine(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count
    while "\(length)".utf8.count + rest.utf8.count != length { length = "\(length)".utf8.count + rest.utf8.count }
    return Array("\(length)\(rest)".utf8)
  }
}

extension String {
  fileprivate func utf8Prefix(_ count: Int) -> String { String(decoding: utf8.prefix(count), as: UTF8.self) }
}
