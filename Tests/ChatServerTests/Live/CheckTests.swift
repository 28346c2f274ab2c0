import Foundation
import POSIX
import TLS
import TestSupport
import Testing

@testable import ChatServer

/// `chat-server --check` and the certificate. The faults of other files have tests where they are read.
@Suite struct CheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("users.csv", "name,password\n")
  }

  private func check(_ more: String...) throws -> (status: Int32, output: String) {
    let output = Foundation.Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuiltServer.program)
    process.arguments = ["--check", "--data", folder.path] + more
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  private func write(_ certificate: String, _ key: String, settings: String? = nil) throws {
    let prefix = settings == nil ? "tls/" : ""
    try File.makeDirectory(folder.path("tls"), mode: 0o700)
    try folder.write("\(prefix)certificate.pem", certificate)
    try folder.write("\(prefix)key.pem", key)
    if let settings { try folder.write("settings.json", settings) }
  }

  /// What a start with these files says.
  private func startError(_ host: String?) throws -> String {
    let configuration = ServerConfiguration(data: folder.path, host: host, port: 0, takesSignals: false)
    return try #require(throws: ServerError.self) { _ = try Server(configuration) }.description
  }

  private static let named = #"{"tls_certificate": "certificate.pem", "tls_key": "key.pem"}"#

  @Test(.enabled(if: Encryption.isPossible, "libssl.so.3 is not on this machine"), arguments: [nil, named])
  func `a certificate that can be used is no error`(settings: String?) throws {
    try write(TestCertificates.chain, TestCertificates.key, settings: settings)
    let (status, output) = try check()
    #expect(status == 0 && output == "\(folder.path): no errors\n")
  }

  @Test(.enabled(if: Encryption.isPossible, "libssl.so.3 is not on this machine"), arguments: [nil, named])
  func `one that cannot be used is an error, in the words of a start`(settings: String?) throws {
    try write(TestCertificates.chain, "no key", settings: settings)
    let (status, output) = try check()
    #expect(status == 65)
    #expect(try output == startError("0.0.0.0") + "\n")
    #expect(output.hasPrefix("\(folder.path)/\(settings == nil ? "tls/" : "")key.pem: "))
    #expect(try check("--without-certificate").status == 0)
  }

  @Test func `a certificate that is not there is an error, in the words of a start`() throws {
    try folder.write("settings.json", CheckTests.named)
    let (status, output) = try check()
    #expect(status == 65)
    #expect(try output == startError(nil) + "\n")
    #expect(output.hasPrefix("cannot read \(folder.path)/certificate.pem: "))
  }

  @Test func `a folder without a certificate, for which a server makes one, is no error`() throws {
    try File.makeDirectory(folder.path("tls"))
    try folder.write("settings.json", #"{"host": "0.0.0.0"}"#)
    #expect(try check().status == 0)
  }

  @Test func `a fault of the settings is the only one reported`() throws {
    try write("x", "y", settings: #"{"tls_certificate": "certificate.pem", "tls_kye": "key.pem"}"#)
    let (status, output) = try check()
    #expect(status == 65 && output.hasPrefix("\(folder.path)/settings.json:1: "))
    #expect(!output.contains("certificate.pem:"))
  }
}
