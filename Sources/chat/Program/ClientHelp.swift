/// What `chat` says about itself while one chats.
enum ClientHelp {
  /// Below the server's own list of commands.
  static let hints = [
    "Any other line is said in your room. Ctrl-D leaves. More: chat --help"
  ]
  /// Below these, where somebody has a screen.
  static let screenHints = [
    "Tab completes, and tells what a command takes. Up and Down bring back lines, "
      + "Ctrl-R looks for one. Ctrl-A, E, W, U, K, Y edit as in a shell. Ctrl-L clears the screen, Ctrl-Z suspends, "
      + "Ctrl-C stops files.",
    "… what you say, on its way; ✓ the server has it. The row below: you, your room, rooms with something new (!: you were "
      + "named).",
  ]
  static let afterLogout = """
    /login NAME, /register NAME or /guest NAME comes in again, /quit leaves.
    """
}

extension ClientHelp {
  static let usage = """
    Usage: chat [--host ADDRESS] [--port N] [--name NAME] [--room ROOM] [--json]
            [--color WHEN] [--accept-files DIR] [--patience SECONDS]

    Chats on a chat-server: lines you type are said in your current room, lines that
    begin with / are commands (/help lists them). Ctrl-D or /quit leaves.

      --host ADDRESS  where the server is (127.0.0.1); with its port too: [::1]:7777
      --port N        its port (7777)
      --name NAME     who you are, or your account's e-mail address; without it you are asked
      --room ROOM     the room to enter once you are in
      --json          events as the server writes them, one JSON object a line
      --color WHEN    colours at a terminal: always, never, or auto, as NO_COLOR says;
                      a pipe has none
      --accept-files DIR  fetch what others share into this folder, unasked
      --patience SECONDS  how long a pipe tries to get a lost connection back (120)
      --help          this text; also -h
      --version       the version of chat

    Your password is asked for without being shown, or taken from the environment
    variable CHAT_PASSWORD. Without an account you may register one or come in as a guest.
    NO_COLOR turns colours off.

    With something else than a terminal as its input, chat is a pipe: it says line after line,
    prints what happens, waits at the end of input until the server has acknowledged
    all of it, and leaves. It needs --name, and comes in with CHAT_PASSWORD or as a guest:

      echo "the backup is done" | chat --name backup --room ops

    A connection that is lost is made again, and goes on where it was: no line is lost or
    said twice. Where that cannot be known, the line counts as refused. A pipe gives up after
    two minutes (--patience; 0: at once), a person's screen does not.

    Exit status: 0 well; 64 the command line makes no sense; 65 the server refused a line of
    the input; 69 no server there, or it went away for good; 74 input or output failed; 76 what answers
    is no chat server; 77 the login or the room was refused.

    """
}
