import ChatProtocol

// Files: `/send PATH` and `/get ID [PATH]`, which are the client's own and made of the server's `/offer` and `/get`.
extension ClientSession {
  /// Connections that may break off for one file.
  private static let attemptsMax = 10

  /// Whether the line was a file's.
  mutating func takeFileLine(_ line: String) -> Bool {
    guard settings.movesFiles, line.hasPrefix("/") else { return false }
    let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    let rest = words.count > 1 ? String(words[1]).trimmed : ""
    switch words.first?.lowercased() {
    case "/send":
      guard !rest.isEmpty else { return refuse("/send takes a path: /send plan.pdf") }
      guard let room = viewpoint.room else { return refuse("Come in first, then /send.") }
      begin(.sending(path: rest, room: room), name: Self.lastComponent(of: rest))
    case "/get":
      let parts = rest.split(separator: " ", maxSplits: 1)
      let number = parts.first.map { $0.drop { $0 == "#" } }
      guard let number, let id = MessageID(number) else {
        return refuse("/get takes a file's number: /files lists them")
      }
      begin(.fetching(id, wish: parts.count > 1 ? String(parts[1]).trimmed : nil), name: "#\(id)")
    default: return false
    }
    return true
  }

  private mutating func refuse(_ sentence: String) -> Bool {
    complain(sentence)
    return true
  }

  static func lastComponent(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  private mutating func begin(_ direction: FileTransfer.Direction, name: String) {
    lastTransfer += 1
    let transfer = FileTransfer(number: lastTransfer, direction: direction, name: name)
    transfers[transfer.number] = transfer
    go(transfer)
  }

  /// From the beginning, or on from where it broke off.
  private mutating func go(_ transfer: FileTransfer) {
    switch transfer.direction {
    case .sending(let path, _):
      if transfer.size == 0 { outputs.append(.measure(transfer.number, path: path)) } else { offer(transfer) }
    case .fetching(let id, _): send("/get \(id)", expecting: .fetching(transfer.number))
    }
  }

  /// A file that somebody shares, taken unasked.
  mutating func accept(_ file: SharedFile) {
    guard let folder = settings.acceptsFilesIn, file.from != viewpoint.user else { return }
    begin(.fetching(file.id, wish: folder + "/"), name: file.name)
  }

  // MARK: What comes of it

  mutating func takeMeasured(_ number: Int, _ size: UInt64, _ cksum: UInt32) {
    guard var transfer = transfers[number] else { return }
    (transfer.size, transfer.cksum) = (size, cksum)
    transfers[number] = transfer
    offer(transfer)
  }

  private mutating func offer(_ transfer: FileTransfer) {
    guard case .sending(_, let room) = transfer.direction else { return }
    guard phase == .chatting else {
      transfers[transfer.number]?.isWaiting = true
      return
    }
    guard viewpoint.room == room else {
      return drop(transfer.number, "\(transfer.name) was meant for \(room): /switch \(room), and /send it again")
    }
    send("/offer \(transfer.size) \(transfer.cksum) \(transfer.name)", expecting: .offering(transfer.number))
  }

  mutating func answerOffer(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard let transfer = transfers[number], case .sending(let path, _) = transfer.direction else { return }
    switch result {
    case .success(let reply):
      guard case .offered(let offer) = reply.result else { return drop(number, "\(transfer.name): \(reply.command)") }
      outputs.append(.upload(number, path: path, ticket: offer.ticket, offset: offer.offset, size: transfer.size))
    case .failure(let refusal): drop(number, "\(transfer.name): \(refusal.message)")
    }
  }

  mutating func answerGet(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard var transfer = transfers[number], case .fetching(_, let wish) = transfer.direction else { return }
    switch result {
    case .success(let reply):
      guard case .fetch(let file) = reply.result else { return }
      (transfer.name, transfer.size) = (file.name, file.size)
      transfers[number] = transfer
      outputs.append(.download(number, file, wish: wish))
    case .failure(let refusal): drop(number, "\(transfer.name): \(refusal.message)")
    }
  }

  /// A part of it is there already: the ticket is to be for the rest.
  mutating func getRest(_ number: Int, from offset: UInt64) {
    guard let transfer = transfers[number], case .fetching(let id, _) = transfer.direction else { return }
    send("/get \(id) \(offset)", expecting: .fetching(number))
  }

  mutating func endTransfer(_ number: Int, _ end: TransferEnd) {
    guard let transfer = transfers[number] else { return }
    switch end {
    case .done(let path):
      transfers[number] = nil
      // What was sent is told by the room.
      if let path { note("\(transfer.name) is in \(path).") }
    case .failed(.stopped):
      let again = transfer.isSending ? "/send" : "/get"
      drop(number, "\(transfer.name) was stopped; \(again) it again to go on where it stopped")
    case .failed(.brokenOff(let reason)):
      guard transfer.attempts < Self.attemptsMax else { return drop(number, "\(transfer.name): \(reason)") }
      transfers[number]?.attempts += 1
      transfers[number]?.isWaiting = true
    case .failed(.refused(let reason)): drop(number, "\(transfer.name): \(reason)")
    // This one names a path.
    case .failed(.local(let reason)): drop(number, reason)
    }
  }

  private mutating func drop(_ number: Int, _ sentence: String) {
    transfers[number] = nil
    complain(sentence)
  }

  /// What waits for a connection goes on. A ticket that was asked for on a connection that was lost is asked for again.
  mutating func goOnWithFiles() {
    guard phase == .chatting else { return }
    for transfer in transfers.values.sorted(by: { $0.number < $1.number }) where transfer.isWaiting {
      transfers[transfer.number]?.isWaiting = false
      go(transfer)
    }
  }

  /// What was asked of the server and not answered is asked again when it is back.
  mutating func keepFiles(of lost: [PendingReply]) {
    for case .offering(let number) in lost { transfers[number]?.isWaiting = true }
    for case .fetching(let number) in lost { transfers[number]?.isWaiting = true }
  }
}

/// How the work on a file ended.
enum TransferEnd: Equatable, Sendable {
  /// `path`: where a file that was fetched is now.
  case done(path: String?)
  case failed(TransferFailure)
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
