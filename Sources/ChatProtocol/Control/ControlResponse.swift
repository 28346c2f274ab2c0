import JSON

/// A line of the control socket in answer to a request. The last one is `{"id":1,"ok":{…}}` or
/// `{"id":1,"error":{"code":"…","message":"…"}}`. Any number of `{"id":1,"part":{…}}` may come before it; their arrays and
/// that of the last line, one after the other, are the whole list.
package struct ControlResponse: Equatable, Sendable {
  /// The id of the request; 0 if that could not be read.
  package var id: Int
  package var result: Result<ControlReply, ControlError>
  /// Whether more of the reply follows. Never with an error, which ends a reply.
  package private(set) var isPart = false

  package init(id: Int, result: Result<ControlReply, ControlError>) {
    self.id = id
    self.result = result
  }

  package init(id: Int, part: ControlReply) {
    self.id = id
    result = .success(part)
    isPart = true
  }

  /// The line of a part, or of the last of a reply, of a reply that is encoded already.
  package static func line(id: Int, reply: [UInt8], isPart: Bool) -> [UInt8] {
    Array("{\"id\":\(id),\"\(isPart ? "part" : "ok")\":".utf8) + reply + Array("}\n".utf8)
  }

  /// The response as one line with its line end.
  package func encode() -> [UInt8] {
    var writer = RecordWriter(writesAll: true)
    var id = id
    let outer = writer.beginObject()
    writer.field("id", &id)
    switch result {
    case .success(var reply): writer.field(isPart ? "part" : "ok", &reply)
    case .failure(var error): writer.field("error", &error)
    }
    writer.endObject(outer)
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// Reads one line, with or without its line end. Unknown keys are ignored, so that an older `chat-admin` understands a newer
  /// server.
  package init(decoding line: [UInt8]) throws(CodingError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: line)
    } catch {
      throw CodingError("the answer is not JSON: \(error.problem)")
    }
    var reader = try RecordReader(value, "the answer")
    var (id, part, ok, error) = (0, ControlReply?.none, ControlReply?.none, ControlError?.none)
    try reader.field("id", &id)
    try reader.optional("part", &part)
    try reader.optional("ok", &ok)
    try reader.optional("error", &error)
    self.id = id
    switch (part, ok, error) {
    case (let part?, nil, nil):
      result = .success(part)
      isPart = true
    case (nil, let ok?, nil): result = .success(ok)
    case (nil, nil, let error?): result = .failure(error)
    default: throw CodingError("the answer must have one of \"part\", \"ok\" and \"error\"")
    }
  }
}

/// Why a request was not done: `{"id":1,"error":{"code":"no-such-room","message":"…"}}`.
package struct ControlError: Error, Equatable, Sendable {
  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package enum Code: String, Sendable, CaseIterable {
    case badRequest = "bad-request"
    case noSuchRoom = "no-such-room"
    case roomTaken = "room-taken"
    case userTaken = "user-taken"
    case emailTaken = "email-taken"
    case noSuchUser = "no-such-user"
    case noSuchSession = "no-such-session"
    case noSuchBan = "no-such-ban"
    case noSuchFile = "no-such-file"
    /// The server presents none: it listens on the loopback only.
    case noCertificate = "no-certificate"
    case notHere = "not-here"
    case notPermitted = "not-permitted"
    case tooMany = "too-many"
    /// The log no longer has what is asked for.
    case gone
    case cannotRead = "cannot-read"
    /// The server stops, which ends following its log.
    case stopping = "stopped"
    case busy
    case cannotRecord = "cannot-record"
    case saveFailed = "save-failed"
    case backupFailed = "backup-failed"
    /// In a client: a code of a newer server. Never sent.
    case unknown
  }
}

extension ControlError: CodedRecord {
  package static let meaning = "the error"
  package static let blank = ControlError(.unknown, "")

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var word = code.rawValue
    try coder.field("code", &word)
    code = Code(rawValue: word) ?? .unknown
    try coder.field("message", &message)
  }
}
