import Testing

@testable import ChatStore

@Suite struct DurabilityTests {
  @Test func `a turn that awaits no sync is durable at once`() {
    var turns = Durability()
    turns.commit(awaits: false, wants: false)
    #expect(turns.durableTurn == 1)
    #expect(!turns.needsSync)
  }

  @Test func `a turn after one that awaits a sync waits too, and one sync covers both`() {
    var turns = Durability()
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    #expect(turns.durableTurn == 1)
    turns.begin()
    #expect(turns.durableTurn == 1)
    #expect(!turns.needsSync)
    turns.end()
    #expect(turns.durableTurn == 4)
  }

  @Test func `a turn committed during a sync awaits the next sync`() {
    var turns = Durability()
    turns.commit(awaits: true, wants: false)
    turns.begin()
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    turns.commit(awaits: false, wants: false)
    #expect(turns.durableTurn == 0)
    turns.end()
    #expect(turns.durableTurn == 2)
    #expect(turns.needsSync)
    turns.begin()
    turns.end()
    #expect(turns.durableTurn == 4)
    #expect(!turns.needsSync)
  }

  @Test func `a sync that no output depends on delays no output`() {
    var turns = Durability()
    turns.commit(awaits: false, wants: true)
    #expect(turns.durableTurn == 1)
    #expect(turns.needsSync)
    turns.begin()
    turns.commit(awaits: false, wants: false)
    #expect(turns.durableTurn == 2)
    turns.commit(awaits: true, wants: false)
    #expect(turns.durableTurn == 2)
    turns.end()
    #expect(turns.durableTurn == 2)
  }

  @Test func `a sync that did nothing is repeated`() {
    var turns = Durability()
    turns.commit(awaits: true, wants: false)
    turns.begin()
    turns.commit(awaits: true, wants: false)
    turns.retry()
    #expect(turns.durableTurn == 0)
    #expect(turns.needsSync)
    turns.settle()
    #expect(turns.durableTurn == 2)
  }
}
