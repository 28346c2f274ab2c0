/// What `chat-bench --help` and `--list` print.
enum BenchHelp {
  static let text = """
    chat-bench measures chat-server, so that anybody can repeat its figures.

    Usage: chat-bench [CASE ...] [--quick] [--seconds N] [--json] [--server PATH]
                      [--against irc|chat --port N [--host ADDRESS] [--pid PID] [--name NAME]]
           chat-bench --list | --help

    Without a CASE, all of them. Each starts a chat-server on a free port of this machine and
    a temporary folder, with its log and history on, and ends it afterwards, also at Ctrl-C.
    Where a case fails, the others are measured all the same, and the status tells why it did.
    Every run sends the same bytes: there is no chance in it.

    Options:
      --list          Lists the cases: what each means, and what a good figure is.
      --quick         A tenth of the clients, accounts and bytes, and a second for each load:
                      shows that all works, and is too short to judge by.
      --seconds N     How long a load lasts. Default: 3
      --json          One JSON document instead of tables.
      --server PATH   The chat-server to start. Default: the one beside this program.
      --against KIND  Does the same on a server that runs already, and prints the ratio:
                      "irc", one that speaks IRC; "chat", another chat-server. Needs --port.
                      Without a CASE: those that both can do.
      --host ADDRESS  Where that one is. Default: 127.0.0.1
      --port N        Its port.
      --pid PID       Its process, for the figures of processor and memory.
      --name NAME     What it is called in the tables. Default: other irc, other chat
      --help          Prints this, and ends; also -h.

    Build it with optimisation, and let nothing else run: the generator needs a core of its own.

    Exit status:

    """
    + ExitStatus.allCases.map { status in
      let number = String(status.rawValue)
      return "  \(number)\(String(repeating: " ", count: 4 - number.count))\(status.meaning)\n"
    }.joined() + """

      Examples:
        swift run -c release chat-bench                     everything; some minutes
        swift run -c release chat-bench --quick             everything, small; about a minute
        swift run -c release chat-bench limit room-text     one room, beside the physical limit
        swift run -c release chat-bench room-text rooms-fast rooms-paced idle \\
            --against irc --port 6667 --pid $(pidof inspircd) --name InspIRCd

      """

  static let list = BenchCase.all.map { "\($0.name): \($0.meaning).\n    good: \($0.good).\n" }.joined()
}
