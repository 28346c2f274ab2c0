import POSIX
import Testing

struct PeerAddressTests {
  @Test func `an IPv6 address stands in brackets before its port`() {
    #expect("\(PeerAddress(ip: "127.0.0.1", port: 7777))" == "127.0.0.1:7777")
    #expect("\(PeerAddress(ip: "2001:db8::1", port: 7777))" == "[2001:db8::1]:7777")
    #expect("\(PeerAddress(ip: "[2001:db8::1]", port: 7777))" == "[2001:db8::1]:7777")
  }
}
