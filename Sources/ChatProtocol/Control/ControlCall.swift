import JSON

/// A request with its id, as the server reads it off the control socket. The id comes back in the answer; where it could not
/// be read it is 0, which no client may use.
package struct ControlCall: Equatable, Sendable {
  package var id: Int
  /// The request, or what to answer to a line that is none.
  package var request: Result<ControlRequest, ControlError>

  package init(id: Int, request: Result<ControlRequest, ControlError>) {
    self.id = id
    self.request = request
  }

  /// Reads one line, its line end cut off or not. Any bytes at all make a call that can be answered.
  package init(decoding line: [UInt8]) {
    id = 0
    do throws(JSONError) {
      let value = try JSONValue(parsing: line)
      if let id = value["id"]?.int, id > 0 { self.id = id }
      request = ControlCall.request(value, hasID: id > 0)
    } catch {
      // The parser's own words could quote a piece of the line, and with it a password.
      request = .failure(
        ControlError(
          .badRequest,
          "the line is no JSON from column \(error.column); send one object a line, in UTF-8, no key twice in it"))
    }
  }

  private static func request(_ value: JSONValue, hasID: Bool) -> Result<ControlRequest, ControlError> {
    do throws(ControlDecodingError) {
      let object = try ControlObject(value, "a request")
      guard hasID else { throw ControlDecodingError("a request lacks \"id\": a whole number from 1") }
      return .success(try ControlRequest(object))
    } catch {
      return .failure(ControlError(.badRequest, error.problem))
    }
  }
}
