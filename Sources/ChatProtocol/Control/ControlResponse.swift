import JSON

/// An answer of the control socket: `{"id":1,"ok":{…}}` or `{"id":1,"error":{"code":"…","message":"…"}}`.
package struct ControlResponse: Equatable, Sendable {
  /// The id of the request that it answers; 0 where that could not be read.
  package var id: Int
  package var result: Result<ControlReply, ControlFault>

  package init(id: Int, result: Result<ControlReply, ControlFault>) {
    self.id = id
    self.result = result
  }

  /// The answer as one line with its line end.
  package func encode() -> [UInt8] {
    var object: JSONValue = ["id": .int(id)]
    switch result {
    case .success(let reply): object["ok"] = reply.json
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
    switch (object["ok"], object["error"]) {
    case (let ok?, nil): result = .success(try ControlReply(json: ok))
    case (nil, let error?): result = .failure(try ControlFault(try ControlObject(error, "the error")))
    default: throw ControlDecodingError("the answer is to hold either \"ok\" or \"error\"")
    }
  }
}

extension ControlFault {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    code = Code(rawValue: try object.string("code")) ?? .unknown
    message = try object.string("message")
  }
}
