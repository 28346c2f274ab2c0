import ChatProtocol
import Testing

@testable import ChatServer

/// Connections from a banned address, which here is the address of every client.
@Suite struct BannedAddressTests {
  private static let loopback = Restriction.Subject.addresses(AddressBlock("127.0.0.0/8")!)

  @Test func `a banned address is disconnected and rejected, and the operator can still lift the ban`()
    throws
  {
    let server = try LiveServer()
    let inside = try server.guest("inside")
    let outside = try server.connect()
    try outside.read(until: "chat")
    let control = try server.connectControl()
    try control.send(ControlRequest.bansAdd(Self.loopback, ControlTerms(reason: "scanners")).encode(id: 1))
    #expect(try control.readLine()?.contains(#""sessions":2}"#) == true)
    let told = "Your address is banned from this server: scanners"
    for client in [inside, outside] { #expect(try client.readToEnd().last?.hasSuffix(told) == true) }

    for _ in 0..<300 {
      let client = try server.connect()
      // The rejection is the only line, before any command.
      let lines = try client.readToEnd()
      #expect(lines.count == 1 && lines[0].hasSuffix(told), "\(lines)")
    }
    #expect(try control.status().sessions == 0)
    let log = try server.text("chat.log")
    #expect(log.matches(of: /connect-refused/).count == 1)
    #expect(log.contains("connect-refused address=127.0.0.1 ban=127.0.0.0/8\n"))
    #expect(log.matches(of: /Z connect session/).count == 2)

    try control.send(ControlRequest.bansRemove(Self.loopback).encode(id: 2))
    #expect(try control.readLine()?.contains(#""unbanned""#) == true)
    let back = try server.guest("inside")
    try back.ping()
  }
}
