import ChatProtocol
import POSIX
import Terminal
import TestSupport
import Testing
import Text

@testable import chat_admin

/// The requests and replies in admin/README.md.
private let examples: [String] = {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let bytes = (try? File.readWhole("/\(root)/admin/README.md")) ?? []
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix(#"{"id":"#) }.map(
    String.init)
}()

@Suite struct FuzzTests {
  @Test func `any line is a request that encodes to itself, or an error of one clean line`() throws {
    let verbs = ControlVerb.all.map { "\"\($0.name)\"" }
    try Fuzz("control requests", examples.filter { $0.contains(#""verb":"#) }, words: verbs).run { input in
      let call = ControlCall(decoding: input.bytes)
      switch call.request {
      case .success(let request):
        #expect(ControlCall(decoding: request.encode(id: call.id)) == call, "\(input)")
      case .failure(let fault):
        let answer = ControlResponse(id: call.id, result: .failure(fault))
        let again = try ControlResponse(decoding: answer.encode())
        #expect(again == answer, "\(input)")
        #expect(!fault.message.contains("\n"), "\(input)")
      }
    }
  }

  @Test func `any response is printed, or invalid`() throws {
    let requests = examples.filter { $0.contains(#""verb":"#) }.compactMap {
      try? ControlCall(decoding: Array($0.utf8)).request.get()
    }
    try Fuzz("control answers", examples.filter { !$0.contains(#""verb":"#) }).run { input in
      guard let response = try? ControlResponse(decoding: input.bytes) else { return }
      let again = try ControlResponse(decoding: response.encode())
      #expect(again == response, "\(input)")
      guard case .success(let reply) = response.result else { return }
      let request = requests.randomElement(using: &input.random)!
      for columns in [nil, 20, 80] {
        for json in [false, true] {
          var text = ReplyPrinter(request, json: json, columnsMax: columns)
          let printed = text.part(reply) + text.last(reply)
          #expect(printed.split(separator: "\n").allSatisfy { CleanText.string(from: String($0)) == $0 }, "\(input)")
        }
      }
    }
  }

  @Test func `any command line is parsed, or rejected in one clean line`() throws {
    let lines = AdminVerb.all.flatMap { verb in
      [verb.usage.replacing("[", with: "").replacing("]", with: "")] + [
        String(verb.example.split(separator: "\n")[0].dropFirst(2))
      ]
    }
    let options = Option.all.map { "--\($0.name) " }
    try Fuzz("command lines", lines, words: options + ["--", "-", "' '", "\"", "\\ ", "#", "--complete "]).run {
      input in
      let console = try AdminOptions(parsing: [])
      _ = ConsoleLine.completion(of: ShellWords(input.text))
      do throws(AdminError) {
        _ = try ConsoleLine(input.text, in: console)
      } catch {
        #expect([.usage, .data].contains(error.status) && !error.message.isEmpty, "\(input)")
      }
      let words = ShellWords(input.text).words
      _ = Completion(words.last ?? "", after: Array(words.dropLast()))
      _ = try? AdminOptions(parsing: words.map { String($0) })
    }
  }

  @Test func `any bytes are a backup, or an invalid one`() throws {
    let bytes = SampleBackup().bytes
    try Fuzz("backups", [bytes], words: ["chat-backup.cksum", "users.csv", "files/7"]).run { input in
      func read(_ pieces: [[UInt8]]) -> [String] {
        var (reader, said) = (BackupReader(), [String]())
        do throws(BackupReader.Error) {
          for piece in pieces {
            reader.append(piece)
            while let event = try reader.next() {
              if case .bytes = event { continue }
              said.append("\(event)")
            }
          }
        } catch {
          said.append(error.problem)
        }
        return said
      }
      let pieces = input.pieces()
      #expect(read([input.bytes]) == read(pieces), "\(input)")
    }
  }
}
