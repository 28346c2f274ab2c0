import ChatCore
import ChatProtocol
import Testing

@Suite struct `The server's greeting` {
  @Test func `has its name, also after an edit of the settings`() {
    var fixture = CoreFixture(settings: named("Café 7"))
    #expect(welcome(&fixture, slot: 90).contains("\"server\":\"Café 7\""))
    _ = fixture.apply(.edited(Edit(settings: named("Tea"))))
    #expect(welcome(&fixture, slot: 91).contains("\"server\":\"Tea\""))
  }

  @Test func `at a login has the message of the day as it is then`() {
    var fixture = CoreFixture()
    #expect(!login(&fixture, "a").contains("motd"))
    let effects = fixture.apply(.edited(Edit(motd: ["one", "two"])))
    #expect(
      effects.contains {
        if case .log(.event("edited", let fields, _)) = $0 { fields[0].value == "motd.txt" } else { false }
      })
    #expect(login(&fixture, "b").contains(#""lines":["one","two"]"#))
    _ = fixture.apply(.edited(Edit(motd: [])))
    #expect(!login(&fixture, "c").contains("motd"))
  }

  private func named(_ name: String) -> Settings {
    var settings = Settings()
    settings.serverName = name
    return settings
  }

  private func welcome(_ fixture: inout CoreFixture, slot: Int32) -> String {
    lines(fixture.apply(.connected(SessionID(slot: slot, generation: 1), address: "192.0.2.1")))
  }

  private func login(_ fixture: inout CoreFixture, _ name: String) -> String {
    lines(fixture.send("/guest \(name)", from: fixture.connect()))
  }

  /// What is sent, in json.
  private func lines(_ effects: [Effect]) -> String {
    var bytes: [UInt8] = []
    for case .send(let event, _) in effects { Dialect.json.encode(event, at: .first, into: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
