import ChatProtocol
import POSIX
import Synchronization

/// What the store's helper threads tell the loop. The loop is woken for the first of them and takes all.
final class StoreAnswers: Sendable {
  enum Answer: Sendable {
    case covered(Coverage)
    /// A readable file was written, or could not be.
    case written(file: String, at: Timestamp, Errno?)
    /// What had been written when the sync was asked for is on the disk, or not.
    case synced(Errno?)
    /// The journal's new file, or why the old one stays; and what kept the folder from being synced.
    case moved(Result<JournalFile, Errno>, Errno?)
  }

  private let waiting = Mutex<[Answer]>([])
  private let wake: @Sendable () -> Void

  init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  func post(_ answer: Answer) {
    let isFirst = waiting.withLock { answers in
      answers.append(answer)
      return answers.count == 1
    }
    if isFirst { wake() }
  }

  func takeAll() -> [Answer] {
    waiting.withLock { answers in
      let taken = answers
      answers = []
      return taken
    }
  }
}
