/// The client's help texts.
enum ClientHelp {
  /// After the server's list of commands.
  static func hints(hasScreen: Bool) -> [String] {
    let all = ["Any other line is sent to your room. Ctrl-D quits. More: chat --help"]
    guard hasScreen else { return all }
    return all + [
      "Tab completes and explains commands. Up and Down recall lines, Ctrl-R searches them. "
        + "Ctrl-A, E, W, U, K and Y edit as in a shell. Ctrl-L clears the screen, Ctrl-Z suspends, "
        + "Ctrl-C stops transfers.",
      "… means on its way, ✓ means the server has saved the message. The status line shows you, your room, and other rooms "
        + "with unread messages (!: one mentions you).",
    ]
  }

  static let afterLogout = "/login NAME, /register NAME or /guest NAME logs in again. /quit leaves."

  static let droppedInput = "What you typed ahead was dropped, because it may hold a password. Type it again."

  static let usage = """
    Usage: chat [--host ADDRESS] [--port N] [--tls | --no-tls]
                [--fingerprint SHA256:...] [--name NAME] [--room ROOM] [--json]
                [--color WHEN] [--accept-files DIR] [--patience SECONDS]

    The command-line client of chat-server. A line you type is a message to your
    current room. A line that begins with / is a command; /help lists them.
    Ctrl-D or /quit leaves.

    Options:
      --host ADDRESS      the server's address (127.0.0.1), or with its port:
                          [::1]:7777
      --port N            the server's port (7777)
      --tls               encrypt also the connection to this machine
      --no-tls            do not encrypt: others can read your password
      --fingerprint SHA256:...
                          accept only the server with this certificate
      --name NAME         your name, or your account's e-mail address; without it,
                          chat asks
      --room ROOM         join this room after the login
      --json              print events as JSON, one object a line
      --color WHEN        colors on a terminal: always, never or auto (NO_COLOR
                          turns them off); a pipe has none
      --accept-files DIR  fetch files that others share into this folder
      --patience SECONDS  how long a pipe tries to reconnect (120; 0: not at all)
      -h, --help          show this help
      --version           show the version

    chat asks for your password, or reads it from the environment variable
    CHAT_PASSWORD. Without an account, register one or log in as a guest.

    chat encrypts the connection to every other machine with TLS. If no authority
    that your system trusts vouches for the server, chat shows its certificate,
    asks you, and remembers it, as ssh does; a pipe needs --fingerprint instead.
    A changed certificate is refused: chat says why, and what to do.

    If standard input is not a terminal, chat sends it line by line and prints
    events. At the end of input it waits until the server has acknowledged every
    line. It needs --name, and logs in with CHAT_PASSWORD or as a guest:

      echo "the backup is done" | chat --name backup --room ops

    chat reconnects after a lost connection. It neither loses a line nor sends one
    twice; if it cannot know whether a line was sent, the line counts as refused.

    Exit status:
      0   success
      64  invalid arguments
      65  the server refused a line of the input
      69  no server, or the connection was lost for longer than --patience
      74  standard input or output failed
      76  the other end is not a chat server, or does not speak TLS
      77  the login or the room was refused, or the server is not trusted

    """
}
