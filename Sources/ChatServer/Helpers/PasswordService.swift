import ChatCore
import ChatProtocol
import POSIX
import Text

/// Hashes and checks passwords on threads of their own, because each takes tens of milliseconds on purpose. The queue before
/// them is fair and has a bound; who finds no room in it is told so at once.
struct PasswordService {
  private static let threadCount = 2

  /// As costly as any hash that is made here; fits no password.
  let decoyHash: String
  private let pool: WorkerPool
  private let inbox: Inbox<ServerMessage>
  private let cancellation = Cancellation()
  private var queue = FairQueue<Job>()
  private var atWork = 0
  /// How many wait or are at work.
  var pending: Int { queue.count + atWork }
  /// How many may wait while all threads are at work; 0 means no bound.
  var waiting_max: Int

  /// `waiting_max` 0 means no bound.
  init(waiting_max: Int, inbox: Inbox<ServerMessage>) throws(ServerError) {
    do {
      // Those who want to come in wait behind those who are in.
      pool = try WorkerPool(threadCount: PasswordService.threadCount, waiting_max: .max, niceness: 10)
    } catch {
      throw .system("start a thread", error)
    }
    do {
      decoyHash = try Crypt.hash(Random.bytes(32).map { $0 | 1 })
    } catch {
      throw .crypt(error)
    }
    self.inbox = inbox
    self.waiting_max = waiting_max
  }

  /// What waits, and whom to tell that there is no room for it.
  private struct Job {
    let caller: Caller
    let work: @Sendable () -> Input
  }

  enum Caller: Sendable {
    case session(SessionID)
    case control(ControlID)
    case stored(StoredSecret)
  }

  /// Ends with `WorkResult.passwordVerified`. This and the others return whose password there is no room for.
  mutating func verify(_ session: SessionID, at network: Network?, _ secret: Secret, against hash: String) -> Caller? {
    submit(.session(session), for: network) { [decoyHash] in
      .completed(
        session, .passwordVerified(PasswordService.matches(secret, hash, decoyHash: decoyHash)))
    }
  }

  /// Ends with `WorkResult.passwordHashed`.
  mutating func hash(_ session: SessionID, at network: Network?, _ secret: Secret) -> Caller? {
    submit(.session(session), for: network) {
      .completed(session, .passwordHashed(PasswordService.hash(of: secret)))
    }
  }

  /// Answers with `Input.controlPasswordHashed`.
  mutating func hash(_ request: ControlID, _ secret: Secret) -> Caller? {
    submit(.control(request), for: nil) { .controlPasswordHashed(request, hash: PasswordService.hash(of: secret)) }
  }

  /// Answers with `Input.storedPasswordHashed`.
  mutating func hash(_ stored: StoredSecret) -> Caller? {
    submit(.stored(stored), for: nil) {
      .storedPasswordHashed(stored, hash: PasswordService.hash(of: stored.secret))
    }
  }

  /// The server ends: those who wait get no answer any more. False where a thread is still at work: how long a hash takes is in the
  /// hash that somebody wrote into a file.
  mutating func stop(until_ns deadline_ns: Int64) -> Bool {
    cancellation.cancel()
    queue.removeAll()
    return pool.stop(until_ns: deadline_ns)
  }

  /// An answer has come back to the loop.
  mutating func noteAnswer() {
    atWork -= 1
    handOver()
  }

  private mutating func submit(_ caller: Caller, for share: Network?, _ work: @escaping @Sendable () -> Input)
    -> Caller?
  {
    // Those at work do not wait.
    let max = waiting_max == 0 ? Int.max : waiting_max + max(0, PasswordService.threadCount - atWork)
    let refused = queue.append(Job(caller: caller, work: work), for: share, upTo: max)
    handOver()
    return refused?.caller
  }

  /// No more than the threads can do at once: whose turn is next shows when one is done.
  private mutating func handOver() {
    while atWork < PasswordService.threadCount, let job = queue.popFirst() {
      atWork += 1
      let isAccepted = pool.submit { [inbox, cancellation, work = job.work] in
        if !cancellation.isCancelled { inbox.post(.passwordAnswer(work())) }
      }
      precondition(isAccepted, "the pool runs as long as the server")
    }
  }

  /// The hash to be stored: of the password in Normalization Form C, so that it fits however its accents are typed
  /// (RFC 8265, section 4.2).
  private static func hash(of secret: Secret) -> String? { try? Crypt.hash(composed(secret.exposed)) }

  private static func composed(_ password: String) -> String {
    let composed = password.composed
    // The few characters that grow must not make it longer than crypt(3) takes.
    return composed.utf8.count <= Secret.bytesMax ? composed : password
  }

  /// Whether `secret` is the password behind `hash`: a crypt(5) string, or `plain:` and the password as somebody typed it
  /// into a file. It is compared in Normalization Form C, then as it was typed, which is how it was hashed by version 1.
  static func matches(
    _ secret: Secret, _ hash: String, decoyHash: String, fits: ([UInt8], String) -> Bool? = Crypt.fits
  ) -> Bool {
    let typed = secret.exposed
    let composed = composed(typed)
    if matches(Array(composed.utf8), hash, decoyHash: decoyHash, fits: fits) { return true }
    return !composed.utf8.elementsEqual(typed.utf8)
      && matches(Array(typed.utf8), hash, decoyHash: decoyHash, fits: fits)
  }

  /// A plain password is compared byte by byte to the end. A no always takes a check of the kind of hash that is made here, also where
  /// the hash is of a cheaper kind, or libcrypt refuses it (`*`, which locks): the time an answer takes does not tell whether there
  /// is such an account.
  private static func matches(
    _ typed: [UInt8], _ hash: String, decoyHash: String, fits: ([UInt8], String) -> Bool?
  ) -> Bool {
    let prefix = "plain:"
    guard hash.hasPrefix(prefix) else {
      let answer = fits(typed, hash)
      if answer != true, answer == nil || setting(of: hash) != setting(of: decoyHash) { _ = fits(typed, decoyHash) }
      return answer ?? false
    }
    _ = fits(typed, decoyHash)
    let stored = Array(composed(String(hash.dropFirst(prefix.count))).utf8)
    var difference: UInt8 = typed.count == stored.count ? 0 : 1
    for index in stored.indices { difference |= stored[index] ^ (index < typed.count ? typed[index] : 0) }
    return difference == 0
  }

  /// A hash's method and cost: `$y$j9T$` of `$y$j9T$SALT$HASH`, all of which has the same form.
  private static func setting(of hash: String) -> [Substring] {
    let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
    return parts.count == 5 ? Array(parts.prefix(3)) : []
  }
}
