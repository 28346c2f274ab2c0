import ChatProtocol
import Testing

@Suite struct LogPositionTests {
  @Test(arguments: [("0", 0, 0), ("1042", 1042, 0), ("1042.3", 1042, 3), ("#7", 7, 0), ("7.0", 7, 0)])
  func `a position is an id and the number of lines since`(text: String, id: MessageID, line: Int) {
    #expect(LogPosition(text) == LogPosition(id: id, line: line))
    #expect(LogPosition(id: id, line: line).description == (line == 0 ? "\(id)" : "\(id).\(line)"))
  }

  @Test(arguments: [
    "", "#", ".", "1.", ".1", "1.2.3", "-1", "1,2", "+1", "1.-2", "0x1", "9007199254740992", "1.99999999999999999999",
  ])
  func `any other text is not a position`(text: String) { #expect(LogPosition(text) == nil) }

  @Test func `positions grow along the log`() {
    var position = LogPosition()
    var all = [position]
    for id in [nil, nil, 5, nil, 6, 9, nil] as [MessageID?] {
      position.advance(to: id)
      all.append(position)
    }
    #expect(all.map(\.description) == ["0", "0.1", "0.2", "5", "5.1", "6", "9", "9.1"])
    #expect(all == all.sorted())
  }
}
