/// Everything that the server acknowledged to one client, and the operation that was unanswered when it died, which may
/// or may not have taken effect.
struct Ledger: Sendable {
  struct Account: Sendable {
    var password: String
    /// The rooms that it created and is a member of.
    var rooms: [String] = []
    /// Unread private messages by their ids.
    var unread: [Int: String] = [:]
    /// Ids that it has read.
    var read: Set<Int> = []
  }

  struct Message: Hashable, Sendable {
    var id: Int
    var room: String
    var from: String
    var text: String
  }

  enum Operation: Sendable {
    case register(name: String, password: String)
    case changePassword(name: String, new: String)
    case create(name: String, room: String)
    case topic(room: String, text: String)
    case write(to: String, text: String)
    case read(name: String, upTo: Int)
    case say(room: String)
  }

  /// All names begin with it, so that no two clients use the same.
  let prefix: String
  var accounts: [String: Account] = [:]
  /// The topic of each room.
  var topics: [String: String] = [:]
  /// Room messages that were acknowledged or delivered since the last check.
  var messages: Set<Message> = []
  /// Ids of private messages that were acknowledged since the last check.
  var privateIDs: Set<Int> = []
  var doubt: Operation?
  var count = 0

  init(prefix: String) { self.prefix = prefix }

  mutating func newName() -> String {
    count += 1
    return "\(prefix)-\(count)"
  }
}
