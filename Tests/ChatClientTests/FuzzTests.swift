import ChatProtocol
import POSIX
import Terminal
import TestSupport
import Testing
import Text

@testable import chat

private let time = #""time":"2026-11-20T20:11:02.123Z""#
private let message = #""id":9,"room":"lobby","from":"bob","text":"hi""#
private let summary = #""topic":"on call","owner":"bob","locked":true,"members":2"#

/// Lines typed by a user and lines sent by a server.
private let evenings = [
  [
    #"{"event":"message",\#(time),\#(message)}"#, "hello alice",
    #"{"event":"message",\#(time),"id":10,"room":"lobby","from":"alice","text":"hello alice","own":true}"#,
    #"{"event":"ok",\#(time),"command":"message"}"#,
    #"{"event":"private",\#(time),"id":11,"from":"bob","to":"alice","text":"psst"}"#, "/join ops",
    #"{"event":"ok",\#(time),"command":"join","room":"ops","current":"ops"}"#,
    #"{"event":"room",\#(time),"name":"ops",\#(summary)}"#,
    #"{"event":"ok",\#(time),"command":"history","room":"ops","messages":[{\#(time),\#(message)}],"more":true,"before":9}"#,
    #"{"event":"kicked",\#(time),"room":"ops","by":"bob","reason":"enough"}"#,
  ],
  [
    "/send plan.pdf",
    #"{"event":"ok",\#(time),"command":"offer","id":7,"name":"plan.pdf","ticket":"0123abcd","offset":2}"#, "/get 9",
    #"{"event":"ok",\#(time),"command":"get","id":9,"name":"a.txt","size":48213,"cksum":7,"ticket":"01","offset":0}"#,
    "/files",
    #"{"event":"ok",\#(time),"command":"files","room":"lobby","more":false,"#
      + #""files":[{"id":9,"room":"lobby","from":"bob","name":"a.txt","size":5,"cksum":7,\#(time)}]}"#, "/who",
    #"{"event":"ok",\#(time),"command":"who","room":"lobby","users":[{"name":"bob","standing":"owner","away":"tea"}]}"#,
    "/rooms", #"{"event":"ok",\#(time),"command":"rooms","rooms":[{"name":"ops",\#(summary)}]}"#, "/help",
    #"{"event":"ok",\#(time),"command":"help","commands":[{"name":"who","aliases":[],"arguments":"","summary":"x"}]}"#,
    "/nick", #"{"event":"error",\#(time),"command":"nick","code":"unknown-command","message":"No."}"#, "?",
    #"{"event":"closing",\#(time),"reason":"Goodbye."}"#,
  ],
].map { $0.joined(separator: "\n") }

@Test func `after any bytes from the server the client continues or ends, and its output is clean`() throws {
  let terminal = TerminalDisplay(
    isStyled: false, columns: 60, now: { Conversation.time }, localTime: { LocalTime(utc: $0) })
  try Fuzz("servers", evenings, words: ["\"ok\"", "\"history\"", "\"more\":true,", "\"own\":true,", "\"lobby\""]).run {
    input in
    let isInteractive = Bool.random(using: &input.random)
    var talk = Conversation(
      password: "correct-horse", isInteractive: isInteractive, reconnects: Bool.random(using: &input.random),
      reconnectTimeoutMilliseconds: isInteractive ? nil : 1000,
      isJSON: !isInteractive && Bool.random(using: &input.random))
    _ = talk.logsIn(rooms: ["ops"])
    let display = isInteractive ? Display.terminal(terminal) : talk.session.settings.isJSON ? .json : .plain
    var outputs: [ClientOutput] = []
    for line in input.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.first == UInt8(ascii: "?") {
        outputs = talk.session.apply(.connectionEnded(nil))
      } else if line.first == UInt8(ascii: "{") || !talk.session.awaited.isShown {
        outputs = talk.session.apply(.received(Array(line)))
      } else {
        outputs = talk.types(String(decoding: line, as: UTF8.self))
      }
      var steps = 0
      while !outputs.isEmpty, steps < 100 {
        steps += 1
        var next: [ClientOutput] = []
        for output in outputs {
          switch output {
          case .show(let shown):
            let lines = display.lines(of: shown)
            #expect(lines.allSatisfy { CleanText.string(from: $0.text) == $0.text }, "\(input)")
          case .measure(let number, let path):
            next += talk.session.apply(.measured(number, path: path, size: 5, cksum: 7))
          case .upload(let number, _, _, let offset, let size):
            #expect(offset <= size, "\(input)")
            next += talk.session.apply(.transferEnded(number, .done(path: nil), moved: size - min(offset, size)))
          case .download(let number, let file, _):
            let progress = TransferProgress(
              name: file.name, isSending: false, state: .moving(done: 0, size: max(1, file.size), bytesPerSecond: 1))
            let row = ProgressRow(progress, isStyled: false).text(columns: 60)
            #expect(CleanText.string(from: row) == row, "\(input)")
            next += talk.session.apply(.transferEnded(number, .failed(.brokenOff("x"))))
          case .askPassword: next += talk.answers(secretly: "correct-horse")
          case .connect:
            next += talk.session.apply(Bool.random(using: &input.random) ? .connected : .notConnected)
          case .send, .ask, .restoreInput, .disconnect, .connectNow, .exit: break
          }
        }
        outputs = next
      }
    }
  }
}
