import ChatProtocol
import Terminal

extension AdminVerb {
  static let top = AdminVerb(
    "top", "[--once | --count N] [--interval S]", summary: "Watch the server: rates, busy rooms, slow clients.",
    explanation: """
      On a terminal it takes the whole screen until q or Ctrl-C; Ctrl-Z stops it until the shell's fg.
      Elsewhere it prints the same again and again until it is ended, with an empty line between;
      with --json a JSON document a line.
      MESSAGES/MIN of a room: those of a minute ago count a third of those of now.
      """,
    options: [.once, .count, .interval],
    example: """
      $ chat-admin top --once
      chat-server 0.1.0 at 127.0.0.1:7777, data data        up 2 h 3 min  22:14:05 CET
      sessions 3  here 2  accounts 12  rooms 4  memory 23.3 MiB

                     /s     10 s     60 s         TOTAL
      messages        2      1.5      0.3          1042
      delivered       4      3.0      0.7          2090
      connected       0      0.1      0.1            31
      messages/s  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▃▅▁▁▃█▅▃▅
      0 password hashes, 0 history requests, 0 throttled sessions, 0 turns held

      BUSIEST ROOM  MEMBERS  MESSAGES/MIN
      lobby               2            18

      SLOWEST CLIENT  SESSION  ROOM  ADDRESS  WAITING
      nobody is behind

      LATEST WARNING
      none since the start
      """
  ) { (arguments) throws(AdminError) in
    var options = TopOptions()
    options.isOnce = arguments.flag(.once)
    options.count = try arguments.number(.count, 1...1_000_000_000)
    if options.isOnce {
      if options.count != nil { throw AdminError(.usage, "--once is --count 1: give one of the two") }
      options.count = 1
    }
    options.interval_s = try arguments.number(.interval, 1...3600) ?? 1
    return .top(options)
  }
}
