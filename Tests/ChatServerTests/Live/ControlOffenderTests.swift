import ChatProtocol
import Testing

@testable import ChatServer

/// Clients of the control socket that misbehave.
@Suite struct ControlOffenderTests {
  /// A list longer than the kernel buffers for a client that does not read.
  private static let manyRooms: String = {
    let topic = String(repeating: "t", count: 4000)
    let rooms = (0..<500).map { #"{"name":"room\#($0)","topic":"\#(topic)"}"# }
    return #"{"version":1,"rooms":[\#(rooms.joined(separator: ","))]}"#
  }()

  @Test func `a client that does not read its reply affects no other client, and is closed`() throws {
    var timeouts = Timeouts()
    timeouts.control = .milliseconds(1)
    timeouts.controlPart = .milliseconds(1)
    let server = try LiveServer(files: ["rooms.json": Self.manyRooms], timeouts: timeouts)
    let guest = try server.guest("guest")
    let stuck = try server.connectControl()
    try stuck.send(ControlRequest.roomsList.encode(id: 1))
    let control = try server.connectControl()
    #expect(try control.status().sessions == 1)
    try guest.ping()
    try LogReader("\(server.folder)/chat.log").line(with: "control-closed")
    // The reply is truncated.
    #expect(try stuck.readRaw().last != UInt8(ascii: "\n"))
    #expect(try control.status().sessions == 1)
  }

  @Test func `many clients that do not read are closed before their replies fill the memory`() throws {
    var timeouts = Timeouts()
    timeouts.controlBytes = 8 << 20
    let server = try LiveServer(files: ["rooms.json": Self.manyRooms], timeouts: timeouts)
    let guest = try server.guest("guest")
    let stuck = try (0..<8).map { _ in try server.connectControl() }
    for client in stuck { try client.send(ControlRequest.roomsList.encode(id: 1)) }
    let control = try server.connectControl()
    #expect(try control.status().sessions == 1)
    try guest.ping()
    // Each reply has 2 MB.
    let whole = try stuck.filter { try $0.readRaw().last == UInt8(ascii: "\n") }
    #expect(whole.count >= 1 && whole.count < 8)
  }

  @Test func `an endless line and invalid requests affect no other client`() throws {
    let server = try LiveServer()
    let guest = try server.guest("guest")
    let (endless, garbage, control) =
      (try server.connectControl(), try server.connectControl(), try server.connectControl())
    // As the first bytes these would be taken for another protocol.
    for client in [endless, garbage] { #expect(try client.status().sessions == 1) }
    for _ in 0..<20 {
      try endless.send([UInt8](repeating: UInt8(ascii: "x"), count: 50_000))
      try garbage.send([0xFF, 0x00, 0x7B, 0x0A])
      #expect(try garbage.readLine()?.contains("bad-request") == true)
      #expect(try control.status().sessions == 1)
      try guest.ping()
    }
    #expect(try endless.readLine()?.contains("bad-request") == true)
  }
}
