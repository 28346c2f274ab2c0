import ChatCore
import ChatProtocol
import Testing

@testable import ChatServer

/// Outboxes with sessions 0, 1, 2 … and a kernel that takes as much as a test allows.
final class OutboxFixture {
  var outboxes: Outboxes
  /// The output sent to each slot, one element per call.
  var sent: [Int32: [String]] = [:]
  /// How many more bytes the kernel accepts for each slot; without an entry, all.
  var room: [Int32: Int] = [:]
  var lost: Set<Int32> = []
  /// For slots whose transport encrypts: the bytes that it holds already, empty for none. What is offered next must
  /// begin with them.
  var promised: [Int32: String] = [:]
  let now = Timestamp(milliseconds: 1_795_205_462_123)

  init(_ dialects: [Dialect], backlogBytesMax: Int = 1 << 20, backlogsBytesMax: Int = 0) {
    outboxes = Outboxes(backlogBytesMax: backlogBytesMax, backlogsBytesMax: backlogsBytesMax)
    for (slot, dialect) in dialects.enumerated() {
      outboxes.open(OutboxFixture.session(slot), dialect)
    }
  }

  static func session(_ slot: Int, generation: UInt32 = 1) -> SessionID {
    SessionID(slot: Int32(slot), generation: generation)
  }

  static func sessions(_ slots: Int...) -> [SessionID] { slots.map { session($0) } }

  func tell(_ text: String, to slot: Int) {
    outboxes.send(.notice(text: text), at: now, to: OutboxFixture.session(slot))
  }

  func tellAll(_ text: String, _ slots: Int..., except: Int? = nil) {
    outboxes.send(
      .notice(text: text), at: now, to: slots.map { OutboxFixture.session($0) },
      except: except.map { OutboxFixture.session($0) })
  }

  func flush(releasing: Bool = true) -> FlushOutcome {
    if releasing { outboxes.release() }
    var sent = self.sent
    var room = self.room
    let outcome = outboxes.flush { slot, bytes in
      if lost.contains(slot) { return .lost }
      if let promise = promised[slot] { return encrypt(bytes, promise, slot, &room, &sent) }
      let taken = min(bytes.count, room[slot] ?? bytes.count)
      if room[slot] != nil { room[slot]! -= taken }
      let copy = bytes.extracting(first: taken).copied
      if taken > 0 { sent[slot, default: []].append(String(decoding: copy, as: UTF8.self)) }
      return .taken(taken)
    }
    self.sent = sent
    self.room = room
    return outcome
  }

  /// As TLS does it: a record is all that was offered, and counts only once the kernel has all of it.
  private func encrypt(
    _ bytes: Span<UInt8>, _ promise: String, _ slot: Int32, _ room: inout [Int32: Int], _ sent: inout [Int32: [String]]
  ) -> Transport.SendResult {
    let offered = String(decoding: bytes.copied, as: UTF8.self)
    #expect(offered.hasPrefix(promise))
    let record = promise.isEmpty ? offered : promise
    guard room[slot] ?? .max >= record.utf8.count else {
      promised[slot] = record
      return .taken(0, promised: record.utf8.count)
    }
    promised[slot] = ""
    sent[slot, default: []].append(record)
    return .taken(record.utf8.count)
  }

  var isFlushDue: Bool { outboxes.isFlushDue }
  var streamedBytes: Int { outboxes.streamedBytes }

  func line(_ text: String, _ dialect: Dialect) -> String {
    encoded(.notice(text: text), dialect)
  }

  func encoded(_ event: Event, _ dialect: Dialect) -> String {
    var bytes: [UInt8] = []
    dialect.encode(event, at: now, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  // Copies for expectations, which cannot capture noncopyable outboxes.
  var hasOutput: Bool { outboxes.hasOutput }
  var boxes: [Outbox] { outboxes.boxes }
  var backlogBytes: Int { outboxes.backlogBytes }
  var streams: PerStream<OutputStream> { outboxes.streams }
  var backlogs: [Int32: Backlog] { outboxes.backlogs }
  var marks: [Int32: [DeliveryMark]] { outboxes.marks }
  func waitingBytes(of session: SessionID) -> Int { outboxes.waitingBytes(of: session) }

  func everything(_ slot: Int) -> String { (sent[Int32(slot)] ?? []).joined() }
  func calls(_ slot: Int) -> Int { sent[Int32(slot)]?.count ?? 0 }
}

extension Span<UInt8> {
  var copied: [UInt8] { indices.map { self[$0] } }
}
