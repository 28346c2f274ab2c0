import POSIX
import TLS
import TestSupport
import Testing

@testable import chat

extension Trait where Self == ConditionTrait {
  /// libssl comes with what the toolchain needs, but a machine may lack it.
  static var needsTLS: Self { .enabled("libssl.so.3 is not on this machine") { (try? TLSContext()) != nil } }
}

/// A server's side of TLS in the tests.
struct TestIdentity: Sendable {
  let context: TLSContext
  let fingerprint: String

  private init(_ certificate: [UInt8], _ key: [UInt8]) throws {
    context = try TLSContext(certificate: certificate, "cert.pem", key: key, "key.pem", at: Self.now)
    fingerprint = try #require(context.certificate?.fingerprint)
  }

  /// 2026-12-01.
  private static let now: Int64 = 1_796_083_200

  /// Of the authority of the tests, which no system trusts.
  static func issued() throws -> TestIdentity {
    try TestIdentity(Array(TestCertificates.chain.utf8), Array(TestCertificates.key.utf8))
  }

  /// Another one each time.
  static func selfSigned() throws -> TestIdentity {
    let made = try Certificate.makeSelfSigned(for: ["127.0.0.1"], at: now)
    return try TestIdentity(made.certificate, made.key)
  }
}

/// The server's end of a connection, on a thread that waits: plain, or with TLS.
struct TestPeer: ~Copyable {
  private let socket: FileDescriptor
  private let tls: TLSConnection?

  init(_ socket: consuming FileDescriptor, _ identity: TestIdentity?) throws {
    try socket.setNonBlocking(identity != nil)
    tls = try identity.map { try $0.context.connection(TLSBuffers()) }
    self.socket = socket
  }

  /// Nil at the end.
  func receive() throws(Errno) -> [UInt8]? {
    guard let tls else {
      let bytes = try socket.receive(upTo: 4096) ?? []
      return bytes.isEmpty ? nil : bytes
    }
    while true {
      _ = try socket.waitUntilReadable(timeoutMilliseconds: -1)
      var bytes: [UInt8] = []
      let result = tls.receive(from: socket) { bytes.append(copyOf: $0) }
      if !bytes.isEmpty { return bytes }
      guard result == .nothing else { return nil }
    }
  }

  /// Waits for the handshake, byte by byte: what follows it is for `receive`.
  func shakeHands() throws(Errno) {
    guard let tls else { return }
    while !tls.isEstablished {
      _ = try socket.waitUntilReadable(timeoutMilliseconds: -1)
      guard tls.receive(from: socket, upTo: 1, { _ in }) == .nothing else { throw .connectionReset }
    }
  }

  func writeAll(_ bytes: [UInt8]) throws(Errno) {
    guard let tls else { return try socket.writeAll(bytes) }
    var rest = bytes[...]
    while !rest.isEmpty {
      guard case .taken(let count, _) = tls.send(rest.span, socket) else { throw .connectionReset }
      rest = rest.dropFirst(count)
      if count == 0 { _ = try socket.waitUntilWritable(timeoutMilliseconds: -1) }
    }
  }

  func writeAll(_ text: String) throws(Errno) { try writeAll(Array(text.utf8)) }

  deinit { tls?.endOutput(socket) }
}
