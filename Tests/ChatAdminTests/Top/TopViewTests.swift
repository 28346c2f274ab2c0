import ChatProtocol
import Terminal
import Testing

@testable import chat_admin

@Suite struct TopViewTests {
  private let started = Timestamp("2026-11-20T20:11:00.000Z")!

  private func top(rooms: Int = 3, sessions: Int = 1, warnings: Int = 2) -> ControlTop {
    let now = started.adding(milliseconds: 7_385_000)
    var status = ControlStatus(
      version: "0.1.0", pid: 4242, started: started, now: now, address: "127.0.0.1:7777", data: "data",
      fsync: "everysec", sessions: 3, present: 2, accounts: 12, rooms: 4, messages: 1042, memory: 24_536_678,
      pendingHashes: 0, recordingError: nil)
    status.rates = ControlRates(
      messages: ControlRate(total: 1042, lastSecond: 7, lastTenSeconds: 15, lastMinute: 16),
      deliveries: ControlRate(total: 2090, lastSecond: 14, lastTenSeconds: 30, lastMinute: 32),
      connections: ControlRate(total: 31, lastSecond: 0, lastTenSeconds: 1, lastMinute: 6))
    status.queues = ControlQueues(
      outboxBytes: 1536, sessionsBehind: 1, historyRequests: 0, throttledSessions: 0, heldTurns: 1)
    status.files = ControlFileUse(
      shared: 12, unfinished: 1, bytes: 129 << 20, bytesMax: 1 << 30, up: 1, down: 2, transfersMax: 8)
    let messages = Array(repeating: 0, count: 56) + [2, 0, 7, 7]
    return ControlTop(
      status: status,
      samples: ControlSamples(messages: messages, deliveries: messages.map { $0 * 2 }, connections: messages),
      busiestRooms: (0..<rooms).map {
        ControlBusyRoom(room: Name("room\($0)")!, members: 2 * $0, messagesPerMinute: 100 - $0)
      },
      slowestSessions: (0..<sessions).map {
        ControlSession(
          id: UInt64(40 + $0), user: Name("bob"), isGuest: false, address: "127.0.0.1", dialect: .text, room: .lobby,
          connected: started, lastActive: started, outboxBytes: 1536)
      },
      warnings: (0..<warnings).map {
        ControlWarning(time: started.adding(milliseconds: Int64($0) * 1000), event: "warning", text: "number \($0)")
      })
  }

  private func picture(_ top: ControlTop, columns: Int, rows: Int?) -> String {
    TopView(columns: columns, rows: rows, clock: .anHourAhead()).lines(top).map(\.text).joined(separator: "\n")
  }

  @Test func `the screen of 80 columns and 24 rows`() {
    let expected = """
      chat-server 0.1.0 at 127.0.0.1:7777, data data        up 2 h 3 min  23:14:05 CET
      sessions 3  users 2  accounts 12  rooms 4  memory 23.3 MiB  transfers 3

                       /s     10 s     60 s         TOTAL
      messages          7      1.5      0.3          1042
      delivered        14      3.0      0.5          2090
      connected         0      0.1      0.1            31
      messages/s  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▁██
      0 password hashes, 0 history requests, 0 throttled sessions, 1 turn pending

      BUSIEST ROOM  MEMBERS  MESSAGES/MIN
      room0               0           100
      room1               2            99
      room2               4            98

      SLOWEST CLIENT  SESSION  ROOM   ADDRESS     QUEUED
      bob                  40  lobby  127.0.0.1  1.5 KiB

      LATEST WARNING
      21:11:01  warning: number 1
      21:11:00  warning: number 0
      """
    #expect(picture(top(), columns: 80, rows: 24) == expected)
  }

  @Test func `200 columns have room for bars, and 50 rows for all lists`() {
    let lines = TopView(columns: 200, rows: 50, clock: .anHourAhead()).lines(top(rooms: 10, sessions: 10, warnings: 10))
      .map(\.text)
    #expect(lines.count == 8 + 3 * 12)
    #expect(lines[4].hasPrefix("messages ") && lines[4].hasSuffix("▁▃▁██"))
    #expect(lines[5].hasPrefix("delivered ") && lines[5].hasSuffix("▁▃▁██"))
    #expect(!lines.contains { $0.hasPrefix("messages/s") })
    #expect(lines[0].count == 200 && lines[0].hasSuffix("CET"))
  }

  @Test func `the lists share the rows`() {
    let lines = TopView(columns: 80, rows: 24, clock: .anHourAhead()).lines(top(rooms: 10, sessions: 10, warnings: 10))
      .map(\.text)
    #expect(lines.count == 24)
    #expect(lines.count { $0.hasPrefix("room") } == 3)
    #expect(lines.count { $0.hasPrefix("bob") } == 3)
    #expect(lines.filter { $0.contains("warning: ") }.map { $0.suffix(1) } == ["9", "8", "7"])
    // Rows that one list does not need go to the others.
    let few = TopView(columns: 80, rows: 24, clock: .anHourAhead()).lines(top(rooms: 10, sessions: 0, warnings: 1)).map(
      \.text)
    #expect(few.count { $0.hasPrefix("room") } == 7 && few.contains("no slow clients"))
  }

  @Test(arguments: [(1, 1), (2, 3), (20, 5), (40, 12), (79, 9), (80, 1), (500, 3)])
  func `the screen fits any size`(columns: Int, rows: Int) {
    let lines = TopView(
      columns: columns, rows: rows, note: "the server has not answered for 4 s", clock: .anHourAhead()
    ).lines(
      top(rooms: 10, sessions: 10, warnings: 10))
    #expect(!lines.isEmpty && lines.count <= rows)
    #expect(lines.allSatisfy { $0.text.displayWidth <= columns })
  }

  @Test func `errors stand out, and control characters are replaced`() {
    var top = top()
    top.status.recordingError = "No space left on device"
    top.status.faults = ["data/users.csv:3: the name \"\u{1B}[2J\" does not fit"]
    top.warnings = [ControlWarning(time: started, event: "warning", text: "\u{1B}[31m当番\u{202E}")]
    let lines = TopView(columns: 80, rows: 24, clock: .anHourAhead()).lines(top)
    #expect(lines[2].text == "NOT RECORDING: No space left on device" && lines[2].style.isBold)
    #expect(lines[3].text == "ERROR: data/users.csv:3: the name \"\u{FFFD}[2J\" does not fit")
    #expect(lines.last?.text == "21:11:00  warning: \u{FFFD}[31m当番\u{FFFD}")
    let narrow = TopView(columns: 28, rows: 24, clock: .anHourAhead()).lines(top)
    #expect(narrow.last?.text == "21:11:00  warning: \u{FFFD}[31m当…")
  }

  @Test func `old figures are marked`() {
    let lines = TopView(columns: 80, rows: 24, note: "the server has not answered for 4 s", clock: .anHourAhead())
      .lines(top())
    #expect(lines[0].text.hasSuffix("  the server has not answered for 4 s"))
  }
}
