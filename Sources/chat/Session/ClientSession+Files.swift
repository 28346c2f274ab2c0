import ChatProtocol

// Files: `/send PATH` and `/get ID [PATH]`, which are the client's own and made of the server's `/offer` and `/get`.
extension ClientSession {
  /// Connections that may break off one after the other without a byte.
  private static let attemptsMax = 10
  /// As many travel at a time; the server has a bound for each person too.
  static let transfersAtOnceMax = 2
  /// How long a server that has no place for another transfer is left alone.
  private static let busy_ms: Int64 = 5000
  private static let longestDelay_ms: Int64 = 30_000

  /// Whether the line was a file's.
  mutating func takeFileLine(_ line: String) -> Bool {
    guard line.hasPrefix("/"), !line.hasPrefix("//") else { return false }
    let words = line.dropFirst().split(separator: " ", maxSplits: 1)
    guard let word = words.first?.lowercased() else { return false }
    let rest = words.count > 1 ? String(words[1]).trimmed : ""
    switch word {
    case "send": takeSend(rest)
    case "get": takeGet(rest)
    case "help":
      let command = rest.lowercased().drop { $0 == "/" }
      guard let usage = ClientCommands.own.first(where: { $0.name == command }) else { return false }
      note("\(usage.line): \(usage.summary)")
      for sentence in ClientCommands.explanations[usage.name] ?? [] { note(sentence) }
    default:
      // The server knows nothing of the client's commands, and would suggest another one.
      guard ClientCommands.usage(of: word) == nil, ClientCommands.nearest(to: word) == "send" else { return false }
      refuseLine(linesTyped, "There is no command /\(word). Did you mean /send? /help lists them.")
    }
    return true
  }

  private mutating func takeSend(_ path: String) {
    guard !path.isEmpty else { return refuseLine(linesTyped, "/send takes the path of a file: /send plan.pdf") }
    guard let room = viewpoint.room else { return refuseLine(linesTyped, "Come in first, then /send.") }
    guard !isGuest else {
      let advice =
        settings.isInteractive
        ? "/logout and /register NAME, then /send" : "give an account with --name and its password in CHAT_PASSWORD"
      return refuseLine(linesTyped, "Guests fetch files but cannot share them; \(advice).")
    }
    begin(.sending(path: path, room: room), name: Self.lastComponent(of: PathNames.unquoted(path) ?? path))
  }

  private mutating func takeGet(_ rest: String) {
    let words = rest.split(separator: " ")
    let ids = words.map { MessageID($0.drop { $0 == "#" }) }
    guard let first = ids.first, let id = first else {
      return refuseLine(linesTyped, "/get takes the number of a file, as /files lists them: /get 1046")
    }
    // Nobody wants a file to be called 11: several numbers are several files.
    let others = ids.dropFirst().compactMap(\.self)
    if others.count == ids.count - 1 {
      for id in [id] + others { begin(.fetching(id, wish: nil), name: "#\(id)") }
    } else {
      begin(.fetching(id, wish: String(rest.dropFirst(words[0].count)).trimmed), name: "#\(id)")
    }
  }

  static func lastComponent(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  private mutating func begin(_ direction: FileTransfer.Direction, name: String, isAsked: Bool = true) {
    if transfers.values.contains(where: { $0.direction == direction }) {
      if isAsked { refuseLine(linesTyped, "\(name) is on its way already.") }
      return
    }
    lastTransfer += 1
    transfers[lastTransfer] = FileTransfer(
      number: lastTransfer, direction: direction, name: name, line: isAsked ? linesTyped : nil)
  }

  /// A file that somebody shares, taken unasked.
  mutating func accept(_ file: SharedFile) {
    guard let folder = settings.acceptsFilesIn, file.from != viewpoint.user else { return }
    begin(.fetching(file.id, wish: folder + "/"), name: file.name, isAsked: false)
  }

  /// A script's next line comes once its file is there.
  var isFileOfScriptUnderWay: Bool { !settings.isInteractive && transfers.values.contains { $0.line != nil } }

  // MARK: When it is whose turn

  /// Whoever waits goes on, in the order in which they were asked for, as far as there are places.
  mutating func goOnWithFiles() {
    guard phase == .chatting, !transfers.isEmpty else { return }
    var places = Self.transfersAtOnceMax - transfers.values.count { !$0.isWaiting }
    for transfer in transfers.values.sorted(by: { $0.number < $1.number }) where places > 0 && isDue(transfer) {
      places -= 1
      change(transfer.number) { ($0.step, $0.delay) = (.asking, nil) }
      go(transfer)
    }
  }

  private func isDue(_ transfer: FileTransfer) -> Bool {
    guard case .waiting(let until_ms) = transfer.step, until_ms <= now_ms else { return false }
    // An offer goes to the current room.
    guard case .sending(_, let room) = transfer.direction, transfer.size > 0 else { return true }
    return viewpoint.room == room
  }

  /// When one of them may go on, of the clock of `apply`; nil where none waits for that.
  var filesDue_ms: Int64? {
    guard phase == .chatting, transfers.values.count(where: { !$0.isWaiting }) < Self.transfersAtOnceMax else {
      return nil
    }
    return transfers.values.compactMap { transfer in
      if case .waiting(let until_ms) = transfer.step, until_ms > now_ms { until_ms } else { nil }
    }.min()
  }

  /// From the beginning, or on from where it broke off.
  private mutating func go(_ transfer: FileTransfer) {
    switch transfer.direction {
    case .sending(let path, _):
      if transfer.size == 0 { outputs.append(.measure(transfer.number, path: path)) } else { offer(transfer) }
    case .fetching(let id, _): send("/get \(id)", expecting: .fetching(transfer.number))
    }
  }

  private mutating func wait(_ number: Int, _ delay_ms: Int64 = 0, because reason: String) {
    change(number) { [now_ms] in ($0.step, $0.delay) = (.waiting(until_ms: now_ms + delay_ms), reason) }
  }

  private mutating func change(_ number: Int, _ body: (inout FileTransfer) -> Void) {
    if transfers[number] != nil { body(&transfers[number]!) }
  }

  // MARK: What comes of it

  mutating func takeMeasured(_ number: Int, _ path: String, _ size: UInt64, _ cksum: UInt32) {
    guard var transfer = transfers[number], case .sending(_, let room) = transfer.direction else { return }
    let direction = FileTransfer.Direction.sending(path: path, room: room)
    guard !transfers.values.contains(where: { $0.number != number && $0.direction == direction }) else {
      return drop(number, "\(path) is on its way already.")
    }
    (transfer.direction, transfer.name) = (direction, Self.lastComponent(of: path))
    (transfer.size, transfer.cksum) = (size, cksum)
    transfers[number] = transfer
    offer(transfer)
  }

  private mutating func offer(_ transfer: FileTransfer) {
    guard case .sending(_, let room) = transfer.direction else { return }
    guard phase == .chatting else { return wait(transfer.number, because: "no connection") }
    // Whoever has gone elsewhere meanwhile does not want it to be shared there.
    guard viewpoint.room == room else { return wait(transfer.number, because: "until you are in \(room) again") }
    send("/offer \(transfer.size) \(transfer.cksum) \(transfer.name)", expecting: .offering(transfer.number))
  }

  mutating func answerOffer(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard let transfer = transfers[number], case .sending(let path, _) = transfer.direction else { return }
    switch result {
    case .success(let reply):
      guard case .offered(let offer) = reply.result, offer.offset <= transfer.size else {
        return drop(number, "the server's answer makes no sense")
      }
      change(number) { ($0.step, $0.offered) = (.running, offer.id) }
      outputs.append(.upload(number, path: path, ticket: offer.ticket, offset: offer.offset, size: transfer.size))
    case .failure(let refusal): refuse(number, refusal)
    }
  }

  mutating func answerGet(_ number: Int, _ result: Result<Reply, Refusal>) {
    guard let transfer = transfers[number], case .fetching(_, let wish) = transfer.direction else { return }
    switch result {
    case .success(let reply):
      guard case .fetch(let file) = reply.result else { return drop(number, "the server's answer makes no sense") }
      change(number) { ($0.name, $0.size, $0.step) = (file.name, file.size, .running) }
      outputs.append(.download(number, file, wish: wish))
    case .failure(let refusal): refuse(number, refusal)
    }
  }

  private mutating func refuse(_ number: Int, _ refusal: Refusal) {
    if refusal.code == .busy { return wait(number, Self.busy_ms, because: "the server is busy") }
    drop(number, refusal.message)
  }

  /// A part of it is there already: the ticket is to be for the rest.
  mutating func getRest(_ number: Int, from offset: UInt64) {
    guard let transfer = transfers[number], case .fetching(let id, _) = transfer.direction else { return }
    change(number) { $0.step = .asking }
    send("/get \(id) \(offset)", expecting: .fetching(number))
  }

  /// `moved`: bytes that went over this connection.
  mutating func endTransfer(_ number: Int, _ end: TransferEnd, moved: UInt64) {
    guard let transfer = transfers[number] else { return }
    switch end {
    case .done(let path):
      transfers[number] = nil
      // What was sent is told by the room.
      if let path { note("\(transfer.name) is in \(path).") }
    case .failed(.stopped): stop(transfer)
    case .failed(.busy): wait(number, Self.busy_ms, because: "the server is busy")
    case .failed(.brokenOff(let reason)):
      let attempts = moved > 0 ? 0 : transfer.attempts + 1
      guard attempts < Self.attemptsMax else { return drop(number, reason) }
      change(number) { $0.attempts = attempts }
      wait(number, min(Self.longestDelay_ms, 500 << Int64(attempts)), because: reason)
    case .failed(.changed): drop(number, "\(transfer.name) changed while it was sent; /send it again.")
    case .failed(.refused(let reason)), .failed(.local(let reason)): drop(number, reason)
    }
    leaveIfDone()
  }

  private mutating func drop(_ number: Int, _ reason: String) {
    guard let transfer = transfers.removeValue(forKey: number) else { return }
    let sentence = reason.contains(transfer.name) ? reason : "\(transfer.name): \(reason)"
    if let line = transfer.line { refuseLine(line, sentence) } else { complain(sentence) }
    leaveIfDone()
  }

  private mutating func stop(_ transfer: FileTransfer) {
    let again = transfer.isSending ? "/send" : "/get"
    // What has come of it takes its room on the server.
    let orNot = transfer.offered.map { ", or /unsend \($0) to take it back" } ?? ""
    drop(transfer.number, "\(transfer.name) was stopped; \(again) it again to go on where it stopped\(orNot).")
  }

  /// The person wants none of them any more. Those whose bytes travel are stopped where that is done.
  mutating func stopFiles() {
    for transfer in transfers.values.sorted(by: { $0.number < $1.number }) where transfer.step != .running {
      stop(transfer)
    }
  }

  /// What was asked of the server and not answered is asked again when it is back.
  mutating func keepFiles(of lost: [PendingReply]) {
    for reply in lost {
      switch reply {
      case .offering(let number), .fetching(let number): wait(number, because: "no connection")
      default: break
      }
    }
  }

  /// Those that do not move now, for people to see.
  var waitingFiles: [TransferProgress] {
    transfers.values.filter(\.isWaiting).sorted { $0.number < $1.number }.map {
      TransferProgress(
        name: $0.name, isSending: $0.isSending, state: .waiting($0.delay ?? "it comes after the others"))
    }
  }
}

/// How the work on a file ended.
enum TransferEnd: Equatable, Sendable {
  /// `path`: where a file that was fetched is now.
  case done(path: String?)
  case failed(TransferError)
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
