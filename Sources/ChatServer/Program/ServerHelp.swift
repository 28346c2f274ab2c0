/// What `chat-server --help` prints.
enum ServerHelp {
  static let text = """
    chat-server serves a chat out of one folder of plain files.

    Usage: chat-server [--data DIR] [--host ADDRESS] [--port N] [--control PATH]
                       [--fsync always|everysec|no] [--check] [--settings]
                       [--version] [--help]

    Options:
      --data DIR      The data folder; made where it is missing. Default: data
      --host ADDRESS  Where clients connect. Default: 127.0.0.1, this machine alone.
                      Passwords travel unencrypted: beyond it, use a network you trust.
      --port N        The TCP port; 0 takes any free one. Default: 7777
      --control PATH  The socket that chat-admin uses. Default: DIR/control.sock
      --fsync WHEN    When the log is made to outlast a loss of power: "always", before
                      anything is told; "everysec", within about a second (the default);
                      "no", when the system sees fit.
      --check         Reads the data folder, prints every fault in it as
                      FILE:LINE: what is wrong, and how to mend it; changes nothing.
      --settings      Prints the settings in force as a settings.json, and ends.
      --version       Prints the version, and ends.
      --help          Prints this, and ends; also -h.

    --host, --port, --control, --fsync and every bound may stand in DIR/settings.json; what is
    given here overrides it. Once clients can connect, one line is printed:
      chat-server ready on 127.0.0.1:7777, control data/control.sock, data data
    From then on everything that happens stands in DIR/chat.log.

    Signals:
      SIGINT, SIGTERM  Tells everybody, saves, and ends.
      SIGHUP           Takes over what was edited, and opens chat.log anew, for logrotate.

    While the disk is full or fails, what cannot be recorded is refused; the server goes
    on by itself when it works again.

    Exit status:
      0   ended as told; no fault was found, or only what a start would warn of
      64  the command line makes no sense
      65  a file of the data folder cannot be understood; --check: or there is no such folder
      69  the port or the folder is in use, or the address is not this machine's
      70  the system failed: the files could not be written, no thread could be made, or
          fewer than 64 files may be open (ulimit -n)
      73  a file, folder or socket cannot be made
      77  not permitted

    Examples:
      chat-server                         serve this machine from ./data
      chat-server --host 0.0.0.0          serve the network as well
      chat-server --data /srv/chat --check
      nc 127.0.0.1 7777                   chat with it

    """
}
