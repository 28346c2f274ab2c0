import Testing

@testable import ChatStore

@Suite struct `What stands` {
  @Test func `a turn that awaits nothing stands at once`() {
    var turns = Standing()
    turns.commit(awaits: false, wants: false)
    #expect(turns.upTo == 1)
    #expect(!turns.needsSync)
  }

  @Test func `a turn behind one that waits, waits, and one sync covers both`() {
    var turns = Standing()
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    #expect(turns.upTo == 1)
    turns.begin()
    #expect(turns.upTo == 1)
    #expect(!turns.needsSync)
    turns.end()
    #expect(turns.upTo == 4)
  }

  @Test func `what comes while a sync runs and awaits the next, stays behind it`() {
    var turns = Standing()
    turns.commit(awaits: true, wants: false)
    turns.begin()
    turns.commit(awaits: false, wants: false)
    turns.commit(awaits: true, wants: false)
    turns.commit(awaits: false, wants: false)
    #expect(turns.upTo == 0)
    turns.end()
    #expect(turns.upTo == 2)
    #expect(turns.needsSync)
    turns.begin()
    turns.end()
    #expect(turns.upTo == 4)
    #expect(!turns.needsSync)
  }

  @Test func `what is synced ahead of use holds nobody up`() {
    var turns = Standing()
    turns.commit(awaits: false, wants: true)
    #expect(turns.upTo == 1)
    #expect(turns.needsSync)
    turns.begin()
    turns.commit(awaits: false, wants: false)
    #expect(turns.upTo == 2)
    turns.commit(awaits: true, wants: false)
    #expect(turns.upTo == 2)
    turns.end()
    #expect(turns.upTo == 2)
  }

  @Test func `a sync that did nothing is awaited again`() {
    var turns = Standing()
    turns.commit(awaits: true, wants: false)
    turns.begin()
    turns.commit(awaits: true, wants: false)
    turns.retry()
    #expect(turns.upTo == 0)
    #expect(turns.needsSync)
    turns.settle()
    #expect(turns.upTo == 2)
  }
}
