import JSON
import POSIX
import TLS

/// Writes the data folder of a measured server, in the formats of `data/README.md`: this program knows the server from
/// outside, as a user does.
enum DataFiles {
  /// Bytes that are gathered for one write(2).
  private static let blockBytes = 1 << 20

  /// Lifts the limits for clients that all come from one machine. With a certificate the server also speaks TLS.
  static func writeSettings(to folder: String, withCertificate: Bool = false) throws(BenchError) {
    let unlimited = [
      "sessions", "sessions_per_address", "rooms", "rooms_per_user", "commands_per_second", "commands_burst",
      "connections_per_minute", "work_per_second", "guest_rooms_per_address", "registrations_per_minute",
      "files_bytes", "files_bytes_per_user",
    ]
    var members = unlimited.map { JSONMember(name: $0, value: 0) }
    if withCertificate {
      try writeCertificate(to: folder)
      members.append(JSONMember(name: "tls_certificate", value: .string(certificateName)))
      members.append(JSONMember(name: "tls_key", value: .string(keyName)))
    }
    let settings = JSONValue.object(members)
    try write(to: "\(folder)/settings.json") {
      $0 += settings.pretty; return false
    }
  }

  /// In the data folder.
  private static let (certificateName, keyName) = ("bench-certificate.pem", "bench-key.pem")

  private static func writeCertificate(to folder: String) throws(BenchError) {
    let made = try makeCertificate()
    for (name, bytes) in [(certificateName, made.certificate), (keyName, made.key)] {
      let path = "\(folder)/\(name)"
      do throws(Errno) {
        try File.open(path, [.writeOnly, .create, .exclusive], mode: 0o600).writeAll(bytes)
      } catch {
        throw .file(path, error)
      }
    }
  }

  /// A self-signed certificate for this machine, and its key, as PEM.
  static func makeCertificate() throws(BenchError) -> (certificate: [UInt8], key: [UInt8]) {
    do throws(TLSError) {
      return try Certificate.makeSelfSigned(for: ["127.0.0.1"], at: SystemClock.nowMilliseconds / 1000)
    } catch {
      throw .tls(error)
    }
  }

  /// Open rooms `r0` and so on, without owners.
  static func writeRooms(_ count: Int, to folder: String) throws(BenchError) {
    var number = 0
    try write(to: "\(folder)/rooms.json") { bytes in
      if number == 0 { bytes += Array("{\n  \"version\": 1,\n  \"rooms\": [\n".utf8) }
      if number == count {
        bytes += Array("\n  ]\n}\n".utf8)
        return false
      }
      bytes += Array("\(number > 0 ? ",\n" : "")\(room("r\(number)"))".utf8)
      number += 1
      return true
    }
  }

  /// A room of `rooms.json`, on lines of its own.
  static func room(_ name: String) -> String {
    """
        {
          "name": "\(name)",
          "topic": "",
          "owner": null,
          "password": null,
          "created": "\(date)",
          "moderators": [],
          "banned": [],
          "muted": []
        }
    """
  }

  /// Locked accounts `user0` and so on: they need memory but no hashing.
  static func writeUsers(_ count: Int, to folder: String) throws(BenchError) {
    var number = 0
    try write(to: "\(folder)/users.csv") { bytes in
      if number == 0 { bytes += Array("name,password,role,status,email,created\n".utf8) }
      if number == count { return false }
      bytes += Array("user".utf8)
      bytes.appendDecimal(number)
      bytes += userRest
      number += 1
      return true
    }
  }

  /// A log of messages in `r0`, at least this long.
  static func writeLog(bytesMin: Int, to folder: String) throws(BenchError) {
    var id = 0
    var written = 0
    let start = Array("\(date) message id=".utf8)
    let rest = Array(" room=r0 from=user1 text=\"\(String(repeating: "as people write, ", count: 4))\"\n".utf8)
    try write(to: "\(folder)/chat.log") { bytes in
      let before = bytes.count
      id += 1
      bytes += start
      bytes.appendDecimal(id)
      bytes += rest
      written += bytes.count - before
      return written < bytesMin
    }
  }

  private static let date = "2026-01-01T00:00:00.000Z"
  private static let userRest = Array(",*,user,active,,\(date)\n".utf8)

  /// Writes a new file from the pieces that `append` adds, until it returns false.
  private static func write(to path: String, _ append: (inout [UInt8]) -> Bool) throws(BenchError) {
    do throws(Errno) {
      let file = try File.open(path, [.writeOnly, .create, .exclusive])
      var bytes: [UInt8] = []
      bytes.reserveCapacity(blockBytes + 4096)
      while append(&bytes) {
        guard bytes.count >= blockBytes else { continue }
        try file.writeAll(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
      try file.writeAll(bytes)
    } catch {
      throw .file(path, error)
    }
  }
}
