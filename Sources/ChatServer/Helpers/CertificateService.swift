import ChatCore
import ChatProtocol
import ChatStore
package import POSIX
package import TLS

/// Where a certificate and its key are.
struct CertificateFiles: Sendable {
  let certificate: String
  let key: String
  /// The server makes them where they are missing.
  let isOwn: Bool

  /// Those that the settings name; without any, the data folder's own for a server that other machines can reach. nil
  /// for a server that speaks no TLS.
  init?(_ settings: SettingsFile, _ folder: DataFolder, isBeyondLoopback: Bool) {
    if let named = settings.certificateFiles(in: folder) {
      (certificate, key, isOwn) = (named.certificate, named.key, false)
    } else if isBeyondLoopback {
      (certificate, key, isOwn) = (folder.tlsCertificate, folder.tlsKey, true)
    } else {
      return nil
    }
  }

  /// Those that the settings name, or else the data folder's own; nil where there are none, or errors in the settings.
  init?(presentIn folder: DataFolder) {
    guard let settings = try? folder.readSettings() else { return nil }
    self.init(settings, folder, isBeyondLoopback: true)
    if isOwn, isMissing { return nil }
  }

  /// A certificate is for the clients of the machine, whatever name or address they know it by.
  static var ownNames: [String] {
    var names: [String] = []
    for name in [Machine.hostName, "localhost"] + Machine.addresses where !names.contains(name) { names.append(name) }
    return names
  }

  // MARK: Reading

  /// Reads both files, and checks that clients would accept them.
  func load() throws(CertificateError) -> TLSContext {
    let pem = (try read(certificate), try read(key))
    do throws(TLSError) {
      return try TLSContext(
        certificate: pem.0, certificate, key: pem.1, key, at: SystemClock.nowMilliseconds / 1000)
    } catch {
      throw .unusable(error)
    }
  }

  private func read(_ path: String) throws(CertificateError) -> [UInt8] {
    do throws(Errno) {
      return try File.readWhole(path, bytesMax: 1 << 20)
    } catch {
      throw .unreadable(path, error)
    }
  }

  /// Tells the versions of the files apart; empty where one is missing.
  fileprivate var versions: [Int64] {
    guard let certificate = try? File.status(certificate), let key = try? File.status(key) else { return [] }
    return [certificate, key].flatMap {
      [Int64(bitPattern: $0.device), Int64(bitPattern: $0.inode), $0.size, $0.modifiedNanoseconds]
    }
  }

  // MARK: Making

  /// Whether there is no certificate. A key alone is left of a server that died before it had written both.
  var isMissing: Bool { (try? File.statusIfPresent(certificate)) == .some(nil) }

  /// Makes a new key and a self-signed certificate for it, and puts them in the place of what is there.
  func make() throws(CertificateError) {
    let made: (certificate: [UInt8], key: [UInt8])
    do throws(TLSError) {
      made = try Certificate.makeSelfSigned(
        for: CertificateFiles.ownNames, at: SystemClock.nowMilliseconds / 1000)
    } catch {
      throw .unusable(error)
    }
    let folder = File.folder(of: certificate)
    do throws(Errno) {
      do throws(Errno) {
        try File.makeDirectory(folder, mode: 0o700)
        try? File.syncDirectory(File.folder(of: folder))
      } catch .fileExists {}
      // The certificate last: it is what says that there is a pair.
      try CertificateFiles.write(made.key, to: key, mode: 0o600)
      try CertificateFiles.write(made.certificate, to: certificate, mode: 0o644)
      try File.syncDirectory(folder)
    } catch {
      throw .notWritten(folder, error)
    }
  }

  /// Makes a new pair and loads it.
  func renew() throws(CertificateError) -> TLSContext {
    try make()
    return try load()
  }

  private static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(Errno) {
    let new = path + ".new"
    try? File.unlink(new)
    let file = try File.open(new, [.writeOnly, .create, .exclusive], mode: mode)
    try file.writeAll(bytes)
    try file.sync(.everything)
    try File.rename(new, to: path)
  }
}

/// Why there is no certificate.
package enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(String, Errno)
  /// Clients would not accept it, or OpenSSL is missing.
  case unusable(TLSError)
  case notWritten(String, Errno)

  package var description: String {
    switch self {
    case .unreadable(let path, let errno): "cannot read \(path): \(errno)"
    case .unusable(let error): error.description
    case .notWritten(let path, let errno): "cannot write a certificate to \(path): \(errno)"
    }
  }
}

/// The certificate in force, and a thread that notices when its files change: a renewed one serves new connections, and
/// one that cannot be used changes nothing.
struct CertificateService {
  /// How often the thread looks. A change counts once it has stayed for that long, since there are two files to write.
  private static let interval = Duration.milliseconds(500)
  /// An expiry is warned of so long before, and then once a day.
  private static let warningTime: Int64 = 14 * 86_400
  private static let warningInterval = Duration.seconds(86_400)

  let files: CertificateFiles?
  /// nil where the server speaks no TLS.
  private(set) var context: TLSContext?
  /// The loop's, for all its connections.
  private(set) var buffers: TLSBuffers?
  /// Why the files as they are now cannot be used.
  private(set) var problem: String?
  private var thread: HelperThread?
  private let cancellation = Cancellation()
  private var nextWarning = Instant.distantPast

  /// Loads the certificate, or makes one. `allowsPlaintext`: without OpenSSL the server works all the same.
  init(_ files: CertificateFiles?, allowsPlaintext: Bool, _ inbox: Inbox<ServerMessage>) throws(ServerError) {
    self.files = files
    guard let files else { return }
    var versions = files.versions
    do throws(CertificateError) {
      if files.isOwn, files.isMissing {
        try files.make()
        versions = files.versions
      }
      context = try files.load()
    } catch .unusable(.library(let reason)) where allowsPlaintext && files.isOwn {
      problem = reason
      return
    } catch {
      throw .certificate(error)
    }
    do throws(TLSError) {
      buffers = try TLSBuffers()
    } catch {
      throw .certificate(.unusable(error))
    }
    do throws(Errno) {
      thread = try HelperThread { [cancellation, versions] in
        CertificateService.watch(files, since: versions, inbox, cancellation)
      }
    } catch {
      throw .system("start a thread", error)
    }
  }

  private static func watch(
    _ files: CertificateFiles, since first: [Int64], _ inbox: Inbox<ServerMessage>, _ cancellation: Cancellation
  ) {
    var loaded = first
    var last = loaded
    while (try? cancellation.pause(untilNanoseconds: (Instant.now + interval).nanoseconds)) != nil {
      let now = files.versions
      defer { last = now }
      guard now != loaded, now == last else { continue }
      loaded = now
      do throws(CertificateError) {
        inbox.post(.certificate(.success(try files.load())))
      } catch {
        inbox.post(.certificate(.failure(error)))
      }
    }
  }

  /// Connections that are open keep the certificate that they began with.
  mutating func take(_ result: Result<TLSContext, CertificateError>) {
    switch result {
    case .success(let context):
      self.context = context
      problem = nil
      nextWarning = .distantPast
    case .failure(let error): problem = error.description
    }
  }

  /// A warning that is due now. `now`: seconds since 1970.
  mutating func takeWarning(at now: Int64, _ instant: Instant) -> String? {
    guard let certificate = context?.certificate, certificate.notAfter - now < CertificateService.warningTime,
      instant >= nextWarning
    else { return nil }
    nextWarning = instant + CertificateService.warningInterval
    let date = Certificate.date(certificate.notAfter)
    return certificate.notAfter <= now
      ? "the TLS certificate expired at \(date): clients refuse it; renew it"
      : "the TLS certificate expires at \(date); renew it"
  }

  /// False where the thread has not ended by then.
  func stop(until deadline: Instant) -> Bool {
    cancellation.cancel()
    return thread?.join(untilNanoseconds: deadline.nanoseconds) ?? true
  }
}

extension Server {
  func takeCertificate(_ result: Result<TLSContext, CertificateError>) {
    let before = certificates.context?.certificate?.fingerprint
    certificates.take(result)
    switch result {
    case .success(let context):
      if context.certificate?.fingerprint != before { logCertificate() }
    case .failure(let error):
      log("warning", text: "the changed TLS certificate cannot be used, and the old one stays: \(error)")
    }
  }

  func logCertificate() {
    guard let certificate = certificates.context?.certificate else { return }
    log(
      "certificate",
      [.init("fingerprint", certificate.fingerprint)], text: "valid until \(Certificate.date(certificate.notAfter))")
  }
}
