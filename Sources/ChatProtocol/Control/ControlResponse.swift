import JSON

/// A line of an answer on the control socket. The last one is `{"id":1,"ok":{…}}` or
/// `{"id":1,"error":{"code":"…","message":"…"}}`; before it may stand any number of `{"id":1,"part":{…}}`, whose arrays and
/// those of the last line, one after the other, are the whole.
package struct ControlResponse: Equatable, Sendable {
  /// The id of the request that it answers; 0 where that could not be read.
  package var id: Int
  package var result: Result<ControlReply, ControlError>
  /// Whether more of the answer follows. Never with a fault, which ends an answer.
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

  /// The line of a part, or of the last of an answer, of a reply that was encoded already.
  package static func line(id: Int, reply: [UInt8], isPart: Bool) -> [UInt8] {
    Array("{\"id\":\(id),\"\(isPart ? "part" : "ok")\":".utf8) + reply + Array("}\n".utf8)
  }

  /// The answer as one line with its line end.
  package func encode() -> [UInt8] {
    var object: JSONValue = ["id": .int(id)]
    switch result {
    case .success(let reply): object[isPart ? "part" : "ok"] = reply.json
    case .failure(let fault):
      object["error"] = ["code": .string(fault.code.rawValue), "message": .string(fault.message)]
    }
    return object.compact + [UInt8(ascii: "\n")]
  }

  /// Reads one line, its line end cut off or not. Unknown keys are passed over, so that an older `chat-admin` lives with a
  /// newer server.
  package init(decoding line: [UInt8]) throws(ControlDecodingError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: line)
    } catch {
      throw ControlDecodingError("the answer is not JSON: \(error.problem)")
    }
    let object = try ControlObject(value, "the answer")
    id = try object.int("id")
    switch (object["part"], object["ok"], object["error"]) {
    case (let part?, nil, nil):
      result = .success(try ControlReply(json: part))
      isPart = true
    case (nil, let ok?, nil): result = .success(try ControlReply(json: ok))
    case (nil, nil, let error?): result = .failure(try ControlError(try ControlObject(error, "the error")))
    default: throw ControlDecodingError("the answer is to hold one of \"part\", \"ok\" and \"error\"")
    }
  }
}

extension ControlError {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    code = Code(rawValue: try object.string("code")) ?? .unknown
    message = try object.string("message")
  }
}
