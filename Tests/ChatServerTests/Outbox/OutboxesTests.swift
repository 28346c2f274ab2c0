import ChatCore
import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

@Suite struct OutboxesTests {
  @Test func `a busy room costs each member one call per flush`() {
    let fixture = OutboxFixture([.text, .text, .text])
    for text in ["one", "two", "three"] { fixture.tellAll(text, 0, 1, 2) }
    _ = fixture.flush()
    let all = ["one", "two", "three"].map { fixture.line($0, .text) }.joined()
    for slot in 0...2 { #expect(fixture.sent[Int32(slot)] == [all]) }
  }

  @Test func `a broadcast to very many is sent in bounded pieces, and other sessions do not wait for it`() {
    let most = DeferredBroadcast.sessionsPerFlush
    let fixture = OutboxFixture(Array(repeating: .text, count: 2 * most + 11))
    let crowd = (0..<2 * most + 10).map { OutboxFixture.session($0) }
    func tellCrowd(_ text: String) {
      fixture.outboxes.send(.notice(text: text), at: fixture.now, to: crowd, except: OutboxFixture.session(3))
    }
    tellCrowd("count")
    fixture.tell("hello", to: 2 * most + 10)
    fixture.tell("private", to: 2 * most)
    _ = fixture.flush()
    #expect(fixture.sent.count == most + 2)
    #expect(fixture.everything(2 * most + 10) == fixture.line("hello", .text))
    #expect(fixture.everything(2 * most) == ["count", "private"].map { fixture.line($0, .text) }.joined())
    #expect(fixture.isFlushDue)
    tellCrowd("again")
    _ = fixture.flush()
    #expect(fixture.sent.values.reduce(0) { $0 + $1.count } <= 2 * most + 2)
    while fixture.isFlushDue { _ = fixture.flush() }
    for slot in crowd.indices where slot != 3 && slot != 2 * most {
      #expect(fixture.everything(slot) == ["count", "again"].map { fixture.line($0, .text) }.joined())
      #expect(fixture.calls(slot) <= 2)
    }
    #expect(fixture.calls(3) == 0)
    #expect(fixture.streamedBytes == 0)
  }

  @Test func `a broadcast to very many waits for its release, piece by piece`() {
    let most = DeferredBroadcast.sessionsPerFlush
    let fixture = OutboxFixture(Array(repeating: .json, count: most + 5))
    let crowd = (0..<most + 5).map { OutboxFixture.session($0) }
    fixture.outboxes.send(.notice(text: "one"), at: fixture.now, to: crowd, except: nil)
    fixture.outboxes.release()
    fixture.outboxes.send(.notice(text: "two"), at: fixture.now, to: crowd, except: nil)
    while fixture.isFlushDue { _ = fixture.flush(releasing: false) }
    for slot in crowd.indices { #expect(fixture.everything(slot) == fixture.line("one", .json)) }
    fixture.outboxes.send(.notice(text: "three"), at: fixture.now, to: crowd, except: nil)
    _ = fixture.flush()
    while fixture.isFlushDue { _ = fixture.flush() }
    let all = ["one", "two", "three"].map { fixture.line($0, .json) }.joined()
    for slot in crowd.indices { #expect(fixture.everything(slot) == all) }
    #expect(fixture.streamedBytes == 0)
  }

  @Test func `a session with output in every turn does not delay a broadcast to the others`() {
    let most = DeferredBroadcast.sessionsPerFlush
    let fixture = OutboxFixture(Array(repeating: .text, count: most + 5))
    let crowd = (0..<most + 5).map { OutboxFixture.session($0) }
    for _ in 0..<5 {
      fixture.outboxes.send(.notice(text: "to all"), at: fixture.now, to: crowd, except: nil)
      // The broadcast is released; the output to the first session is still being synced.
      let mark = fixture.outboxes.mark
      fixture.tell("to you alone", to: 0)
      fixture.outboxes.release(upTo: mark)
      _ = fixture.flush(releasing: false)
      #expect(fixture.sent[1] != nil)
    }
    _ = fixture.flush()
    while fixture.isFlushDue { _ = fixture.flush() }
    let all = String(repeating: fixture.line("to all", .text), count: 5)
    for slot in 1..<most + 5 { #expect(fixture.everything(slot) == all) }
    #expect(fixture.streamedBytes == 0)
  }

  @Test func `released output is sent even if a later turn is dropped`() {
    let most = DeferredBroadcast.sessionsPerFlush
    let fixture = OutboxFixture(Array(repeating: .text, count: most + 5))
    let crowd = (0..<most + 5).map { OutboxFixture.session($0) }
    fixture.outboxes.send(.notice(text: "recorded"), at: fixture.now, to: crowd, except: nil)
    _ = fixture.flush()
    fixture.tell("not recorded", to: most + 4)
    fixture.outboxes.dropUnreleased(of: OutboxFixture.session(most + 4))
    while fixture.isFlushDue { _ = fixture.flush() }
    #expect(fixture.everything(most + 4) == fixture.line("recorded", .text))
    #expect(fixture.waitingBytes(of: OutboxFixture.session(most + 4)) == 0)
  }

  @Test func `deferred broadcasts have a size limit`() {
    let most = DeferredBroadcast.sessionsPerFlush
    let fixture = OutboxFixture(Array(repeating: .text, count: 3 * most))
    let crowd = (0..<3 * most).map { OutboxFixture.session($0) }
    fixture.outboxes.deferredBytesMax = 10
    fixture.outboxes.send(.notice(text: "more than ten bytes"), at: fixture.now, to: crowd, except: nil)
    _ = fixture.flush()
    #expect(fixture.sent.count == 3 * most)
    #expect(fixture.streamedBytes == 0)
  }

  @Test func `each dialect gets its own form and the sender is left out`() {
    let fixture = OutboxFixture([.text, .json, .text, .json])
    fixture.tellAll("hello", 0, 1, 2, 3, except: 2)
    _ = fixture.flush()
    #expect(fixture.everything(0) == fixture.line("hello", .text))
    #expect(fixture.everything(1) == fixture.line("hello", .json))
    #expect(fixture.calls(2) == 0)
    #expect(fixture.everything(3) == fixture.line("hello", .json))
  }

  @Test func `a reply between two broadcasts keeps its place, and other sessions have one slice`() {
    let fixture = OutboxFixture([.json, .json])
    fixture.tellAll("one", 0, 1)
    fixture.tell("reply", to: 0)
    fixture.tellAll("two", 0, 1)
    #expect(fixture.boxes[1].oldestIndex == OutputSliceLists.end)
    #expect(fixture.boxes[0].oldestIndex != OutputSliceLists.end)
    _ = fixture.flush()
    #expect(fixture.sent[0] == [["one", "reply", "two"].map { fixture.line($0, .json) }.joined()])
    #expect(fixture.sent[1] == [["one", "two"].map { fixture.line($0, .json) }.joined()])
  }

  @Test func `output to different rooms does not mix`() {
    let fixture = OutboxFixture([.text, .text])
    for round in 0..<3 {
      fixture.tellAll("a\(round)", 0)
      fixture.tellAll("b\(round)", 1)
    }
    _ = fixture.flush()
    #expect(fixture.sent[0] == [(0..<3).map { fixture.line("a\($0)", .text) }.joined()])
    #expect(fixture.sent[1] == [(0..<3).map { fixture.line("b\($0)", .text) }.joined()])
  }

  @Test func `a change of dialect applies from the next event`() {
    let fixture = OutboxFixture([.text])
    fixture.tellAll("before", 0)
    fixture.outboxes.setDialect(.json, of: OutboxFixture.session(0))
    fixture.tell("after", to: 0)
    fixture.tellAll("later", 0)
    _ = fixture.flush()
    #expect(
      fixture.everything(0)
        == fixture.line("before", .text) + fixture.line("after", .json) + fixture.line("later", .json))
  }

  @Test func `nothing is sent before it is released, and later output waits`() {
    let fixture = OutboxFixture([.text, .json])
    fixture.tellAll("first", 0, 1)
    fixture.tell("reply", to: 0)
    _ = fixture.flush(releasing: false)
    #expect(fixture.calls(0) == 0 && fixture.calls(1) == 0)
    fixture.outboxes.release()
    fixture.tellAll("second", 0, 1)
    fixture.tell("another", to: 0)
    _ = fixture.flush(releasing: false)
    #expect(fixture.everything(0) == fixture.line("first", .text) + fixture.line("reply", .text))
    #expect(fixture.everything(1) == fixture.line("first", .json))
    #expect(fixture.hasOutput)
    _ = fixture.flush()
    let rest = fixture.line("second", .text) + fixture.line("another", .text)
    #expect(fixture.everything(0) == fixture.line("first", .text) + fixture.line("reply", .text) + rest)
    #expect(!fixture.hasOutput)
  }

  @Test func `a session of an earlier generation gets nothing`() {
    let fixture = OutboxFixture([.text])
    fixture.tellAll("old", 0)
    fixture.outboxes.close(OutboxFixture.session(0))
    fixture.outboxes.open(OutboxFixture.session(0, generation: 2))
    fixture.tellAll("old still", 0)
    fixture.tell("old again", to: 0)
    _ = fixture.flush()
    #expect(fixture.calls(0) == 0)
    fixture.outboxes.send(.notice(text: "new"), at: fixture.now, to: OutboxFixture.session(0, generation: 2))
    _ = fixture.flush()
    #expect(fixture.everything(0) == fixture.line("new", .text))
  }

  @Test func `a broken connection is reported`() {
    let fixture = OutboxFixture([.text, .text])
    fixture.lost = [0]
    fixture.tellAll("hello", 0, 1)
    let outcome = fixture.flush()
    #expect(outcome.lost == OutboxFixture.sessions(0))
    #expect(fixture.everything(1) == fixture.line("hello", .text))
  }

  @Test func `random traffic reaches every session whole and in order, with random releases and writes`() {
    for seed in UInt64(1)...40 {
      var random = SeededRandom(seed: seed)
      let fixture = OutboxFixture([.text, .json, .json, .text], backlogBytesMax: 0)
      var expected = [String](repeating: "", count: 4)
      var dialects: [Dialect] = [.text, .json, .json, .text]
      for step in 0..<200 {
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2:
          let chosen = (0..<4).filter { _ in Bool.random(using: &random) }
          fixture.outboxes.send(
            .notice(text: "m\(step)"), at: fixture.now, to: chosen.map { OutboxFixture.session($0) }, except: nil)
          for slot in chosen { expected[slot] += fixture.line("m\(step)", dialects[slot]) }
        case 3...4:
          let slot = Int.random(in: 0..<4, using: &random)
          fixture.tell("d\(step)", to: slot)
          expected[slot] += fixture.line("d\(step)", dialects[slot])
        case 5:
          let slot = Int.random(in: 0..<4, using: &random)
          dialects[slot] = Dialect.allCases.randomElement(using: &random)!
          fixture.outboxes.setDialect(dialects[slot], of: OutboxFixture.session(slot))
        case 6:
          let slot = Int32.random(in: 0..<4, using: &random)
          fixture.room[slot] = Int.random(in: 0..<200, using: &random)
          fixture.outboxes.markWritable(OutboxFixture.session(Int(slot)))
        default:
          _ = fixture.flush(releasing: Bool.random(using: &random))
        }
        for slot in 0..<4 { #expect(expected[slot].hasPrefix(fixture.everything(slot)), "seed \(seed)") }
      }
      fixture.room = [:]
      // The first flush moves all released output to the backlogs or the kernel, the second empties the backlogs.
      for _ in 0..<2 {
        for slot in 0..<4 { fixture.outboxes.markWritable(OutboxFixture.session(slot)) }
        _ = fixture.flush()
      }
      for slot in 0..<4 {
        #expect(fixture.everything(slot) == expected[slot], "seed \(seed)")
        #expect(fixture.waitingBytes(of: OutboxFixture.session(slot)) == 0)
      }
    }
  }

  @Test func `output that waits for a record delays only its recipients`() {
    let fixture = OutboxFixture([.text, .text, .json])
    fixture.tellAll("kept", 0, 1)
    fixture.outboxes.commit(isWithheld: true)
    let mark = fixture.outboxes.mark
    fixture.tellAll("said", 1, 2)
    fixture.tell("and more", to: 2)
    fixture.outboxes.commit(isWithheld: false)
    fixture.tell("of a turn that goes on", to: 2)
    _ = fixture.flush(releasing: false)
    #expect(fixture.everything(0).isEmpty && fixture.everything(1).isEmpty)
    #expect(fixture.everything(2) == fixture.line("said", .json) + fixture.line("and more", .json))
    fixture.outboxes.release(upTo: mark)
    _ = fixture.flush(releasing: false)
    #expect(fixture.everything(0) == fixture.line("kept", .text))
    #expect(fixture.everything(1) == fixture.line("kept", .text) + fixture.line("said", .text))
    _ = fixture.flush()
    #expect(fixture.everything(2).hasSuffix(fixture.line("of a turn that goes on", .json)))
  }

  @Test func `output in the same turn as a record delays only its recipients`() {
    let fixture = OutboxFixture([.text, .text, .json])
    fixture.tell("before", to: 0)
    let mark = fixture.outboxes.mark
    fixture.tellAll("recorded", 0, 1)
    fixture.outboxes.withhold(since: mark)
    fixture.tell("said", to: 2)
    fixture.tell("behind", to: 1)
    fixture.outboxes.commit(isWithheld: false)
    _ = fixture.flush(releasing: false)
    #expect(fixture.everything(0) == fixture.line("before", .text))
    #expect(fixture.everything(1).isEmpty)
    #expect(fixture.everything(2) == fixture.line("said", .json))
    fixture.outboxes.release(upTo: fixture.outboxes.mark)
    _ = fixture.flush(releasing: false)
    #expect(fixture.everything(0) == fixture.line("before", .text) + fixture.line("recorded", .text))
    #expect(fixture.everything(1) == fixture.line("recorded", .text) + fixture.line("behind", .text))
  }

  @Test func `after each flush of random turns every session has its output up to the first that waits for a record`() {
    struct Turn {
      var mark: StreamMark?
      var isWithheld = false
    }
    for seed in UInt64(1)...60 {
      var random = SeededRandom(seed: seed)
      let dialects: [Dialect] = [.text, .json, .json, .text]
      let fixture = OutboxFixture(dialects, backlogBytesMax: 0)
      var told = [[(line: String, turn: Int, withRecord: Bool)]](repeating: [], count: 4)
      var turns = [Turn()]
      var released = 0
      for step in 0..<150 {
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2:
          let chosen = (0..<4).filter { _ in Bool.random(using: &random) }
          let withRecord = Int.random(in: 0..<4, using: &random) == 0
          let before = fixture.outboxes.mark
          fixture.outboxes.send(
            .notice(text: "m\(step)"), at: fixture.now, to: chosen.map { OutboxFixture.session($0) }, except: nil)
          if withRecord { fixture.outboxes.withhold(since: before) }
          for slot in chosen {
            told[slot].append((fixture.line("m\(step)", dialects[slot]), turns.count - 1, withRecord))
          }
        case 3:
          let slot = Int.random(in: 0..<4, using: &random)
          fixture.tell("d\(step)", to: slot)
          told[slot].append((fixture.line("d\(step)", dialects[slot]), turns.count - 1, false))
        case 4...5:
          turns[turns.count - 1] = Turn(mark: fixture.outboxes.mark, isWithheld: Bool.random(using: &random))
          fixture.outboxes.commit(isWithheld: turns[turns.count - 1].isWithheld)
          turns.append(Turn())
        case 6 where released < turns.count - 1:
          let last = Int.random(in: released..<(turns.count - 1), using: &random)
          fixture.outboxes.release(upTo: turns[last].mark!)
          released = last + 1
        default:
          _ = fixture.flush(releasing: false)
          for slot in 0..<4 {
            let sent = told[slot].prefix {
              $0.turn < released || turns[$0.turn].mark != nil && !turns[$0.turn].isWithheld && !$0.withRecord
            }
            #expect(fixture.everything(slot) == sent.map(\.line).joined(), "seed \(seed), step \(step), slot \(slot)")
          }
        }
      }
      _ = fixture.flush()
      for slot in 0..<4 { #expect(fixture.everything(slot) == told[slot].map(\.line).joined(), "seed \(seed)") }
    }
  }

  @Test func `slots for slices are released after a peak`() {
    var lists = OutputSliceLists()
    for _ in 0..<2 {
      var (first, last) = (OutputSliceLists.end, OutputSliceLists.end)
      for number in 0..<100_000 {
        last = lists.append(OutputSlice(.direct, number..<number + 1), after: last)
        if first == OutputSliceLists.end { first = last }
      }
      #expect(lists.heldBytes >= lists.bytes && lists.bytes > 1 << 20)
      while first != OutputSliceLists.end { first = lists.removeFirst(first) }
      #expect(lists.bytes == 0 && lists.heldBytes <= OutputSliceLists.retainedBytesMax)
    }
  }
}
