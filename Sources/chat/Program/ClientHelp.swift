/// What `chat` says about itself while one chats.
enum ClientHelp {
  /// Below the server's own list of commands.
  static let hint = """
    A line that is no command is said in the current room. /quit or Ctrl-D leaves. All about chat: chat --help
    """
  static let afterLogout = """
    Logged out. /login NAME PASSWORD, /register NAME PASSWORD or /guest NAME comes in again, /quit leaves.
    """
}
