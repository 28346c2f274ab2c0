import ChatProtocol
import JSON
import POSIX
import Terminal

// `backup FILE`: the server streams an archive, which is saved only after it has been verified.
extension AdminProgram {
  mutating func backup(to file: String, _ options: AdminOptions) throws(AdminError) {
    if environment.interruption == nil { environment.interruption = environment.makeInterruption() }
    guard file != "-" else { return try backupToStandardOutput(options) }
    let (receipt, warnings) = try backup(toFile: file, options)
    try printReceipt(
      receipt, as: "backup",
      [JSONMember(name: "file", value: .string(file)), JSONMember(name: "checked", value: .bool(warnings != nil))],
      options, header: { "saved \($0) to \(file) and verified them:" }, then: warnings ?? [notChecked])
  }

  private mutating func backupToStandardOutput(_ options: AdminOptions) throws(AdminError) {
    guard !environment.writesToTerminal else {
      throw AdminError(.usage, "refusing to write a backup to the terminal; name a file, or redirect with | or >")
    }
    guard !options.json else { throw AdminError(.usage, "standard output holds the backup; leave out --json") }
    let environment = environment
    var verification = try BackupVerification(program: environment.serverProgram)
    var receipt: BackupReceipt?
    try receiveBackup(options) { (bytes) throws(AdminError) in
      do throws(Errno) {
        try environment.writeBytes(bytes)
      } catch {
        throw AdminError(.inputOutput, "cannot write the backup to standard output: \(error)")
      }
      receipt = try verification.take(bytes) ?? receipt
    }
    if receipt == nil { throw Self.incompleteBackup }
    if let result = try verification.check(), !result.isValid {
      throw AdminError(.data, ([Self.invalidFiles] + result.lines).joined(separator: "; "))
    }
  }

  /// `warnings` are those of the check; nil if there is no program for it.
  private mutating func backup(
    toFile file: String, _ options: AdminOptions
  ) throws(AdminError) -> (BackupReceipt, warnings: [String]?) {
    let environment = environment
    let output = try BackupFile(file)
    try receiveBackup(options) { (bytes) throws(AdminError) in try output.write(bytes) }
    var verification = try BackupVerification(program: environment.serverProgram)
    var receipt: BackupReceipt?
    try output.readBack { (bytes) throws(AdminError) in
      if environment.interruption?.check() == true { throw AdminError(.tryAgain, "interrupted; no backup was made") }
      receipt = try verification.take(bytes) ?? receipt
    }
    guard let receipt else { throw Self.incompleteBackup }
    let result = try verification.check()
    if let result, !result.isValid {
      try print(result.lines)
      throw AdminError(.data, "\(Self.invalidFiles); no backup was made")
    }
    try output.commit()
    return (receipt, result?.lines)
  }

  /// Requests a backup; `body` gets the archive in pieces.
  private mutating func receiveBackup(
    _ options: AdminOptions, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    var connection = try takeConnection(to: options.location)
    // The server writes its documents before it answers.
    let reply = try connection.ask(.backup, timeout: Self.saveTimeout)
    guard case .backup = reply else { throw .unexpectedReply }
    try connection.takeRest(after: .backup, timeout: Self.saveTimeout, body)
  }

  private static let invalidFiles = "the server sent files with errors, with which no server would start"

  private static var incompleteBackup: AdminError {
    AdminError(.wentAway, "the server aborted the backup; none was made. Check the end of its log, then try again")
  }

  /// Printed in place of warnings if there is no program for the check.
  var notChecked: String {
    "the files were not checked: \(environment.serverProgram) does not exist; a server checks them when it starts"
  }

  /// Prints what was saved or restored; `header` gets `4 files (23.3 MiB)`.
  func printReceipt(
    _ receipt: BackupReceipt, as key: String, _ members: [JSONMember], _ options: AdminOptions,
    header: (String) -> String, then: [String]
  ) throws(AdminError) {
    guard !options.json else {
      let document: JSONValue = [key: .object(members + receipt.members)]
      return try print([String(decoding: document.compact, as: UTF8.self)])
    }
    let text = ReplyText(columnsMax: environment.columnsMax)
    let files = "\(text.counted(receipt.sums.count, "file")) (\(text.bytes(receipt.bytes)))"
    try print([header(files)] + text.receipt(receipt) + then)
  }
}

/// The content of a verified backup.
struct BackupReceipt: Equatable {
  var manifest: BackupManifest
  var sums: [BackupSum]

  var bytes: Int64 { sums.reduce(0) { $0 + $1.size } }

  /// The JSON members that `backup` and `restore` have in common.
  var members: [JSONMember] {
    let files = sums.map { ["name": .string($0.name), "size": .int($0.size), "cksum": .int($0.cksum)] as JSONValue }
    return [
      JSONMember(name: "time", value: .string(manifest.time.description)),
      JSONMember(name: "server", value: .string(manifest.server)),
      JSONMember(name: "bytes", value: .int(bytes)),
      JSONMember(name: "files", value: .array(files)),
    ]
  }
}

extension ReplyText {
  /// Shared files, which may be very many, are one line.
  fileprivate func receipt(_ receipt: BackupReceipt) -> [String] {
    let shared = receipt.sums.filter { BackupName.isSharedFile($0.name) }
    var rows = receipt.sums.filter { !BackupName.isSharedFile($0.name) }.map { [$0.name, bytes($0.size)] }
    if !shared.isEmpty {
      rows.append([counted(shared.count, "shared file"), bytes(shared.reduce(0) { $0 + $1.size })])
    }
    return Table([.whole("FILE"), .number("SIZE")], rows: rows).lines(columnsMax: columnsMax)
  }
}

/// The file that a backup is written to. It has a temporary name until it is complete and verified, and never replaces
/// a file.
private final class BackupFile {
  private let path: String
  private let partPath: String
  private let descriptor: FileDescriptor
  private var isCommitted = false

  init(_ path: String) throws(AdminError) {
    self.path = path
    partPath = "\(path).part"
    if (try? File.statusOfLink(path)) != nil { throw Self.exists(path) }
    do throws(Errno) {
      descriptor = try File.open(partPath, [.readWrite, .create, .exclusive], mode: 0o600)
      // Whatever the umask says.
      try descriptor.changeMode(0o600)
    } catch .fileExists {
      throw AdminError(
        .cannotCreate,
        "\(partPath) already exists: another backup is running, or one was interrupted; if none is running, remove it")
    } catch {
      throw AdminError(.cannotCreate, "cannot create \(partPath): \(error)")
    }
  }

  deinit {
    if !isCommitted { try? File.unlink(partPath) }
  }

  func write(_ bytes: [UInt8]) throws(AdminError) {
    do throws(Errno) { try descriptor.writeAll(bytes) } catch { throw failure(error) }
  }

  /// Syncs the file and reads it.
  func readBack(_ body: ([UInt8]) throws(AdminError) -> Void) throws(AdminError) {
    do throws(Errno) { try descriptor.sync(.everything) } catch { throw failure(error) }
    try BackupReader.readFile(descriptor, path, body)
  }

  /// Renames it to its final name.
  func commit() throws(AdminError) {
    do throws(Errno) {
      try rename()
      isCommitted = true
      try File.syncDirectory(File.folder(of: path))
    } catch .fileExists {
      throw Self.exists(path)
    } catch {
      throw failure(error)
    }
  }

  private func rename() throws(Errno) {
    do throws(Errno) {
      try File.renameWithoutReplacing(partPath, to: path)
    } catch {
      // Some file systems cannot do that; on those, check first.
      guard [.invalidArgument, .notImplemented, .notSupported].contains(error) else { throw error }
      if (try? File.statusOfLink(path)) != nil { throw .fileExists }
      try File.rename(partPath, to: path)
    }
  }

  private func failure(_ errno: Errno) -> AdminError {
    AdminError(.inputOutput, "cannot write \(path): \(errno); no backup was made")
  }

  private static func exists(_ path: String) -> AdminError {
    AdminError(.cannotCreate, "\(path) already exists and is not overwritten; name another file")
  }
}
