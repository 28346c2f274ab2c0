import ChatServer
import POSIX
import Synchronization

/// A server in this process, on its own thread.
final class LiveServer {
  let address: PeerAddress
  let controlPath: String
  private let running: RunningServer
  private let thread: HelperThread
  private let life: Life

  /// The thread's report of its start.
  private final class Life: Sendable {
    let isDecided = Semaphore()
    let running = Mutex<RunningServer?>(nil)
    let failure = Mutex<ServerError?>(nil)
  }

  init(folder: String) throws {
    let life = Life()
    self.life = life
    thread = try HelperThread {
      do throws(ServerError) {
        let server = try Server(ServerConfiguration(data: folder, port: 0, takesSignals: false))
        try server.run { running in
          life.running.withLock { $0 = running }
          life.isDecided.signal()
        }
      } catch {
        life.failure.withLock { $0 = error }
        life.isDecided.signal()
      }
    }
    life.isDecided.wait()
    guard let running = life.running.withLock({ $0 }) else {
      thread.join()
      throw life.failure.withLock { $0! }
    }
    self.running = running
    address = running.address
    controlPath = running.controlPath
  }

  /// Stops the server as a signal does, and waits for its end.
  func stop() throws {
    running.stop()
    thread.join()
    if let failure = life.failure.withLock({ $0 }) { throw failure }
  }
}
