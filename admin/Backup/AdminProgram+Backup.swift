import ChatProtocol
import JSON
import POSIX

// `backup FILE`: the server streams it, and what has arrived is verified before it counts.
extension AdminProgram {
  mutating func backup(to file: String, _ options: AdminOptions) throws(AdminError) {
    if surroundings.interruption == nil { surroundings.interruption = surroundings.makeInterruption() }
    guard file == "-" else {
      let (receipt, warnings) = try backup(toFile: file, options)
      return try tell(
        receipt, "backup",
        [JSONMember(name: "file", value: .string(file)), JSONMember(name: "checked", value: .bool(warnings != nil))],
        options, { ["saved \($0) to \(file), and verified it:"] }, then: warnings ?? [unchecked])
    }
    guard !surroundings.showsTerminal else {
      throw AdminError(.usage, "a backup is not for a terminal: name a file, or send it on with | or >")
    }
    guard !options.json else {
      throw AdminError(.usage, "standard output cannot hold the backup and a JSON document: leave out --json")
    }
    let surroundings = surroundings
    var verification = try BackupVerification(program: surroundings.serverProgram)
    var receipt: BackupReceipt?
    try receive(options) { (bytes) throws(AdminError) in
      do throws(Errno) {
        try surroundings.writeBytes(bytes)
      } catch {
        throw AdminError(.inputOutput, "cannot write the backup to standard output: \(error)")
      }
      receipt = try verification.take(bytes) ?? receipt
    }
    if receipt == nil { throw Self.cutOff }
    if let found = try verification.findings(), !found.isFit {
      throw AdminError(.data, ([Self.unfit] + found.lines).joined(separator: "; "))
    }
  }

  /// What a start would warn of; nil where nobody could check it.
  private mutating func backup(
    toFile file: String, _ options: AdminOptions
  ) throws(AdminError) -> (BackupReceipt, warnings: [String]?) {
    let surroundings = surroundings
    let output = try BackupFile(file)
    try receive(options) { (bytes) throws(AdminError) in try output.write(bytes) }
    var verification = try BackupVerification(program: surroundings.serverProgram)
    var receipt: BackupReceipt?
    try output.readBack { (bytes) throws(AdminError) in
      if surroundings.interruption?.check() == true { throw AdminError(.tryAgain, "ended; no backup was made") }
      receipt = try verification.take(bytes) ?? receipt
    }
    guard let receipt else { throw Self.cutOff }
    let found = try verification.findings()
    if let found, !found.isFit {
      try print(found.lines)
      throw AdminError(.data, "\(Self.unfit); none was made")
    }
    try output.keep()
    return (receipt, found?.lines)
  }

  private static let unfit = "the server sent files with a fault, which no server would start with"

  /// Below a receipt where nobody could say whether a server takes the files.
  var unchecked: String {
    "the files were not checked, because there is no \(surroundings.serverProgram); a server that starts checks them"
  }

  /// Has the server send a backup; `body` gets the archive in pieces.
  private mutating func receive(
    _ options: AdminOptions, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    var connection = try takeConnection(to: options.place)
    // Before it answers the server writes down what it holds, which takes as long as it takes.
    let reply = try connection.ask(.backup, silence_ms_max: Self.save_ms_max)
    guard case .backup = reply else {
      throw AdminError(.software, "the server answered with something other than a backup")
    }
    try connection.takeRest(after: .backup, silence_ms_max: Self.save_ms_max, body)
  }

  private static var cutOff: AdminError {
    AdminError(
      .wentAway, "the server broke the backup off, and none was made: the end of its log says why; try again")
  }

  /// Prints what was saved or restored.
  func tell(
    _ receipt: BackupReceipt, _ key: String, _ members: [JSONMember], _ options: AdminOptions,
    _ head: (_ what: String) -> [String], then: [String] = []
  ) throws(AdminError) {
    guard !options.json else {
      let document: JSONValue = [key: .object(members + receipt.members)]
      return try print([String(decoding: document.compact, as: UTF8.self)])
    }
    let text = AdminText(columnsMax: surroundings.columnsMax)
    let what = "\(text.counted(receipt.sums.count, "file")) of \(text.bytes(UInt64(receipt.bytes)))"
    try print(head(what) + text.receipt(receipt) + then)
  }
}
