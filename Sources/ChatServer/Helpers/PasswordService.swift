import ChatCore
import ChatProtocol
import POSIX
import Text

/// Hashes and verifies passwords on two threads, because each takes tens of milliseconds on purpose.
struct PasswordService {
  private static let threadCount = 2

  /// As costly as any hash that is made here; matches no password.
  let decoyHash: String
  private var pool: HelperPool

  /// `waitingMax` 0 means no bound.
  init(waitingMax: Int) throws(ServerError) {
    // Low priority: clients that log in wait behind those that are logged in.
    pool = try HelperPool(
      .passwords, threadCount: PasswordService.threadCount, runningMax: PasswordService.threadCount,
      waitingMax: waitingMax, niceness: 10)
    do {
      decoyHash = try Crypt.hash(Random.bytes(32).map { $0 | 1 })
    } catch {
      throw .crypt(error)
    }
  }

  /// How many wait or run.
  var pending: Int { pool.pending }
  /// How many may wait while all threads are at work; 0 means no bound.
  var waitingMax: Int {
    get { pool.waitingMax }
    set { pool.waitingMax = newValue }
  }

  /// Completes with `WorkResult.passwordVerified`.
  mutating func verify(_ secret: Secret, against hash: String, _ completion: Completion) {
    guard let session = completion.session else { preconditionFailure("a session verifies its password") }
    submit(completion) { [decoyHash] in
      .completed(session, .passwordVerified(PasswordService.matches(secret, hash, decoyHash: decoyHash)))
    }
  }

  /// Completes with what `input` makes of the hash; nil where it could not be made.
  mutating func hash(
    _ secret: Secret, _ completion: Completion, _ input: @escaping @Sendable (String?) -> Input
  ) {
    submit(completion) { input(PasswordService.hash(of: secret)) }
  }

  private mutating func submit(_ completion: Completion, _ work: @escaping @Sendable () -> Input) {
    pool.submit(completion, work)
    pool.start()
  }

  mutating func jobEnded() {
    pool.jobEnded()
    pool.start()
  }

  /// False where a thread is still at work at the deadline: a hash in an edited file may take minutes.
  mutating func stop(until deadline: Instant) -> Bool { pool.stop(until: deadline) }

  // MARK: Hashing

  /// The hash to be stored: of the password in Normalization Form C, so that it matches however its accents are typed
  /// (RFC 8265, section 4.2).
  private static func hash(of secret: Secret) -> String? { try? Crypt.hash(composed(secret.exposed)) }

  private static func composed(_ password: String) -> String {
    let composed = password.composed
    // The few characters that grow must not make it longer than crypt(3) takes.
    return composed.utf8.count <= Secret.bytesMax ? composed : password
  }

  /// Whether `secret` is the password behind `hash`: a crypt(5) string, or `plain:` and the password as it was typed
  /// into a file. It is compared in Normalization Form C, then as it was typed, which is what version 1 hashed.
  static func matches(
    _ secret: Secret, _ hash: String, decoyHash: String, fits: ([UInt8], String) -> Bool? = Crypt.fits
  ) -> Bool {
    let typed = secret.exposed
    let composed = composed(typed)
    if matches(Array(composed.utf8), hash, decoyHash: decoyHash, fits: fits) { return true }
    return !composed.utf8.elementsEqual(typed.utf8)
      && matches(Array(typed.utf8), hash, decoyHash: decoyHash, fits: fits)
  }

  /// A plain password is compared byte by byte to the end. A mismatch always costs a check of the kind of hash that is made here, even if
  /// the stored hash is of a cheaper kind, or libcrypt refuses it (`*`, which locks): the time of an answer does not reveal whether the
  /// account exists.
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
