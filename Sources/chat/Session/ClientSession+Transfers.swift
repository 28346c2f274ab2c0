import ChatProtocol
import POSIX

// The client's own commands `/send PATH` and `/get ID [PATH]`, made of the server's `/offer` and `/get`.
extension ClientSession {
  /// Runs a command of the client. Returns false for any other line.
  mutating func runOwnCommand(_ line: String) -> Bool {
    guard line.hasPrefix("/"), !line.hasPrefix("//") else { return false }
    let words = line.dropFirst().split(separator: " ", maxSplits: 1)
    guard let word = words.first?.lowercased() else { return false }
    let rest = words.count > 1 ? String(words[1]).trimmingSpaces : ""
    switch word {
    case "send": runSend(rest)
    case "get": runGet(rest)
    case "help":
      let command = rest.lowercased().drop { $0 == "/" }
      guard let usage = ClientCommands.own.first(where: { $0.name == command }) else { return false }
      showNotice("\(usage.line): \(usage.summary)")
      for sentence in ClientCommands.explanation(of: usage.name) { showNotice(sentence) }
    default:
      // The server does not know /send, and would suggest another command.
      guard ClientCommands.usage(of: word) == nil, ClientCommands.nearest(to: word) == "send" else { return false }
      refuseLine(linesTyped, "Unknown command /\(word). Did you mean /send? /help lists the commands.")
    }
    return true
  }

  private mutating func runSend(_ path: String) {
    guard !path.isEmpty else { return refuseLine(linesTyped, "/send needs the path of a file: /send plan.pdf") }
    guard let room = context.room else { return refuseLine(linesTyped, "Log in first, then /send.") }
    guard !login.isGuest else {
      let advice =
        settings.isInteractive
        ? "/logout and /register NAME, then /send"
        : "log in to an account with --name and its password in CHAT_PASSWORD"
      return refuseLine(linesTyped, "Guests cannot share files; \(advice).")
    }
    addTransfer(.sending(path: path, room: room), name: File.name(of: PathNames.unquoted(path) ?? path))
  }

  private mutating func runGet(_ rest: String) {
    let words = rest.split(separator: " ")
    let ids = words.map { MessageID($0.drop { $0 == "#" }) }
    guard let first = ids.first, let id = first else {
      return refuseLine(linesTyped, "/get needs the number of a file, as /files lists them: /get 1046")
    }
    // Several numbers are several files: a number is an unlikely file name.
    let others = ids.dropFirst().compactMap(\.self)
    if others.count == ids.count - 1 {
      for id in [id] + others { addTransfer(.fetching(id, destination: nil), name: "#\(id)") }
    } else {
      let destination = String(rest.dropFirst(words[0].count)).trimmingSpaces
      addTransfer(.fetching(id, destination: destination), name: "#\(id)")
    }
  }

  private mutating func addTransfer(_ direction: FileTransfer.Direction, name: String) {
    guard !transfers.add(direction, name: name, line: linesTyped) else { return }
    refuseLine(linesTyped, "\(name) is already being transferred.")
  }

  /// Fetches a shared file for --accept-files.
  mutating func accept(_ file: SharedFile) {
    guard let folder = settings.acceptsFilesIn, file.from != context.user else { return }
    _ = transfers.add(.fetching(file.id, destination: folder + "/"), name: file.name, line: nil)
  }

  // MARK: Starting

  /// Starts waiting transfers, or continues them where they broke off.
  mutating func startTransfers() {
    guard state == .chatting, !transfers.isEmpty else { return }
    for transfer in transfers.startDue(in: context.room, at: nowMilliseconds) {
      switch transfer.direction {
      case .sending(let path, _):
        if transfer.size == 0 { output(.measure(transfer.number, path: path)) } else { offer(transfer) }
      case .fetching(let id, _): send("/get \(id)", expecting: .get(transfer.number))
      }
    }
  }

  /// When a transfer may start, by the clock of `apply`; nil if none waits for a time.
  var transferDueMilliseconds: Int64? {
    state == .chatting ? transfers.nextDueMilliseconds(after: nowMilliseconds) : nil
  }

  /// The file is measured. `path` is the file that the typed path means.
  mutating func offer(_ number: Int, path: String, size: UInt64, cksum: UInt32) {
    guard case .sending(_, let room)? = transfers[number]?.direction else { return }
    let direction = FileTransfer.Direction.sending(path: path, room: room)
    guard !transfers.contains(direction, except: number) else {
      return failTransfer(number, "\(path) is already being transferred.")
    }
    transfers.change(number) {
      ($0.direction, $0.name, $0.size, $0.cksum) = (direction, File.name(of: path), size, cksum)
    }
    if let transfer = transfers[number] { offer(transfer) }
  }

  private mutating func offer(_ transfer: FileTransfer) {
    guard case .sending(_, let room) = transfer.direction else { return }
    guard state == .chatting else {
      return transfers.wait(transfer.number, at: nowMilliseconds, because: "no connection")
    }
    // The user may have switched rooms meanwhile.
    guard context.room == room else {
      return transfers.wait(transfer.number, at: nowMilliseconds, because: "until you are in \(room) again")
    }
    send("/offer \(transfer.size) \(transfer.cksum) \(transfer.name)", expecting: .offer(transfer.number))
  }

  mutating func answerOffer(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard let transfer = transfers[number], case .sending(let path, _) = transfer.direction else { return }
    switch result {
    case .success(let reply):
      guard case .offered(let offer) = reply.result, offer.offset <= transfer.size else {
        return failTransfer(number, "the server's answer is invalid")
      }
      transfers.change(number) { ($0.state, $0.id) = (.running, offer.id) }
      output(.upload(number, path: path, ticket: offer.ticket, offset: offer.offset, size: transfer.size))
    case .failure(let refusal): refuseTransfer(number, refusal)
    }
  }

  mutating func answerGet(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard case .fetching(_, let destination)? = transfers[number]?.direction else { return }
    switch result {
    case .success(let reply):
      guard case .fetch(let file) = reply.result else {
        return failTransfer(number, "the server's answer is invalid")
      }
      transfers.change(number) { ($0.name, $0.size, $0.state) = (file.name, file.size, .running) }
      output(.download(number, file, destination: destination))
    case .failure(let refusal): refuseTransfer(number, refusal)
    }
  }

  private mutating func refuseTransfer(_ number: Int, _ refusal: Refusal) {
    if refusal.code == .busy { return transfers.waitForServer(number, at: nowMilliseconds) }
    failTransfer(number, refusal.message)
  }

  /// A part of the file is already here: asks for a ticket for the rest.
  mutating func getRest(_ number: Int, from offset: UInt64) {
    guard case .fetching(let id, _)? = transfers[number]?.direction else { return }
    transfers.change(number) { $0.state = .preparing }
    send("/get \(id) \(offset)", expecting: .get(number))
  }

  // MARK: Ending

  /// `moved`: the bytes transferred over this connection.
  mutating func endTransfer(_ number: Int, _ end: TransferEnd, moved: UInt64) {
    guard let transfer = transfers[number] else { return }
    switch end {
    case .done(let path):
      _ = transfers.remove(number)
      // The room announces a file that was sent.
      if let path { showNotice("\(transfer.name) is in \(path).") }
    case .failed(.stopped): stop(transfer)
    case .failed(.busy): transfers.waitForServer(number, at: nowMilliseconds)
    case .failed(.brokenOff(let reason)):
      if !transfers.retry(number, moved: moved, at: nowMilliseconds, because: reason) { failTransfer(number, reason) }
    case .failed(.changed): failTransfer(number, "\(transfer.name) changed while it was sent; /send it again.")
    case .failed(.refused(let reason)), .failed(.local(let reason)): failTransfer(number, reason)
    }
    leaveIfDone()
  }

  private mutating func failTransfer(_ number: Int, _ reason: String) {
    guard let transfer = transfers.remove(number) else { return }
    let sentence = reason.contains(transfer.name) ? reason : "\(transfer.name): \(reason)"
    if let line = transfer.line { refuseLine(line, sentence) } else { showError(sentence) }
    leaveIfDone()
  }

  private mutating func stop(_ transfer: FileTransfer) {
    let again = transfer.isSending ? "/send" : "/get"
    // The server keeps the part that was sent.
    let delete = transfer.id.map { ", /unsend \($0) to delete the part on the server" } ?? ""
    failTransfer(transfer.number, "\(transfer.name) was stopped; \(again) it again to resume\(delete).")
  }

  /// Stops the transfers that have not started. The caller stops the running ones.
  mutating func stopTransfers() { for transfer in transfers.notRunning { stop(transfer) } }
}
