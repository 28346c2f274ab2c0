import ChatCore
import POSIX
import Testing

@testable import ChatServer

@Suite struct MemoryBoundTests {
  private func bytes(speaksTLS: Bool = false, _ change: (inout Settings) -> Void = { _ in }) -> Int? {
    var settings = Settings()
    change(&settings)
    return MemoryBound(settings, connectionsMax: 100_000, speaksTLS: speaksTLS).bytes
  }

  @Test func `the default settings have a memory bound that real machines have`() throws {
    // As data/README.md says: 4.6 GiB.
    #expect(bytes().map { ($0 * 10) >> 30 } == 46)
  }

  @Test func `TLS adds 96 KiB for each connection`() throws {
    // As data/README.md says: 6.9 GiB.
    #expect(bytes(speaksTLS: true).map { ($0 * 10) >> 30 } == 69)
    let ten = try #require(bytes(speaksTLS: true) { $0.sessions = 10 })
    #expect(try ten - #require(bytes { $0.sessions = 10 }) == (10 * 96 << 10) * 5 / 4)
  }

  @Test func `with a twentieth of the connections the bound is less than half`() {
    // As data/README.md says: 2.0 GiB.
    #expect(bytes { $0.sessions = 1000 }.map { ($0 * 10) >> 30 } == 20)
  }

  @Test func `fewer connections and smaller limits reduce the bound`() throws {
    let all = try #require(bytes())
    #expect(try #require(bytes { $0.sessions = 100 }) < all)
    #expect(try #require(bytes { $0.outboxesBytes = 1 << 20 }) < all - 200 << 20)
    #expect(try #require(bytes { $0.unreadBytes = 1 << 20 }) < all)
    #expect(try #require(MemoryBound(Settings(), connectionsMax: 10).bytes) < all)
  }

  @Test func `there is no memory bound if a setting is unlimited`() throws {
    #expect(bytes { $0.lineBytes = 0 } == nil)
    #expect(bytes { ($0.outboxBytes, $0.outboxesBytes) = (0, 0) } == nil)
    #expect(bytes { ($0.rooms, $0.roomsPerUser) = (0, 0) } == nil)
    // One of the two limits is enough for a looser bound.
    #expect(try #require(bytes { $0.outboxesBytes = 0 }) > #require(bytes()))
    #expect(bytes { $0.sessions = 0 } != nil && bytes { $0.unreadBytes = 0 } != nil && bytes { $0.rooms = 0 } != nil)
  }

  @Test func `the highest settings do not overflow the bound`() {
    #expect(bytes { for bound in Settings.bounds { $0[keyPath: bound.path] = bound.max } } != nil)
  }

  @Test(arguments: [
    ("README.md", "GiB with these defaults"), ("data/README.md", "GiB with the defaults."),
    ("admin/README.md", "GiB, besides stored data"),
    ("admin/chat-server.service", "GiB at most with the"),
  ])
  func `every document has the bound that status shows with the defaults`(document: String, words: String) throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = String(decoding: try File.readWhole("\(root)/\(document)"), as: UTF8.self)
    let place = try #require(text.firstRange(of: words), "\(document) has other words")
    let bound = try #require(bytes())
    #expect(text[..<place.lowerBound].hasSuffix(" \(bound >> 30).\(((bound * 10) >> 30) % 10) "))
    guard document.hasSuffix(".service") else { return }
    // The limit leaves room for a million accounts, with TLS too.
    let limits = text.matches(of: #/(?m)^(MemoryMax|LimitNOFILE)=(\d+)/#).map { Int($0.2)! }
    let sessions = MemoryBound(Settings(), connectionsMax: Server.connectionsMax(descriptors: limits[0])).bytes
    #expect(try sessions == bound && limits[1] << 30 > #require(bytes(speaksTLS: true)) + 1 << 30)
  }
}
