import POSIX

/// Syncs the journal and the log, and moves the journal, on a thread of its own: one thing at a time, because a sync covers
/// all that waits.
struct SyncWorker {
  private let pool: WorkerPool
  private let answers: StoreAnswers

  init(_ answers: StoreAnswers) throws(Errno) {
    pool = try WorkerPool(threadCount: 1, waiting_max: 1)
    self.answers = answers
  }

  /// Answered by `synced`. The log where a turn's output depends on it.
  func sync(_ journal: JournalFile, _ log: LogFile?) {
    submit { [answers] in
      do throws(Errno) {
        try journal.sync()
        try log?.sync()
        answers.post(.synced(nil))
      } catch {
        answers.post(.synced(error))
      }
    }
  }

  /// Answered by `moved`.
  func move(
    in folder: DataFolder, _ log: LogFile?, _ body: @escaping @Sendable () throws(Errno) -> JournalFile
  ) {
    submit { [answers] in
      do throws(Errno) {
        try log?.sync()
        let moved = try body()
        do throws(Errno) {
          try File.syncDirectory(folder.path)
          answers.post(.moved(.success(moved), nil))
        } catch {
          answers.post(.moved(.success(moved), error))
        }
      } catch {
        answers.post(.moved(.failure(error), nil))
      }
    }
  }

  /// Returns when what was asked for is done; false where it is still under way at a monotonic time.
  func finish(until_ns deadline_ns: Int64) -> Bool { pool.stop(until_ns: deadline_ns, forgetsWaiting: false) }

  private func submit(_ job: @escaping @Sendable () -> Void) {
    let isAccepted = pool.submit(job)
    precondition(isAccepted, "the next is asked for when the one before has been answered")
  }
}
