import ChatProtocol
import POSIX

@testable import chat_admin

extension WallClock {
  /// One that is an hour ahead of UTC, wherever the tests run.
  static func anHourAhead(of now: Timestamp = Timestamp(milliseconds: 0)) -> WallClock {
    WallClock(
      now: { now },
      localTime: { time in
        let parts = time.adding(milliseconds: 3_600_000).description.split { "-T:.".contains($0) }.compactMap {
          Int($0)
        }
        return LocalTime(
          year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5])
      },
      zone: { _ in "CET" })
  }
}
