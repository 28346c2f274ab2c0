/// What a line of the log may say happened.
package enum LogEventName {
  package static let all = [
    "action", "admin", "away", "back", "backed-up", "ban-ended", "banned", "clock-set", "connect",
    "connect-refused", "control-closed", "created", "deleted", "disconnect", "edited", "ended",
    "file-broken-off", "file-fetched", "file-not-fetched", "file-offered", "file-refused",
    "file-removed", "file-shared", "guest", "join-refused", "joined", "kicked", "left", "locked",
    "login", "login-failed", "login-refused", "message", "moderator-added", "moderator-removed",
    "mute-ended", "muted", "offline", "password-changed", "password-hashed", "password-refused",
    "private", "ready", "recording-failed", "recording-resumed", "registered", "reopened",
    "resumed", "saved", "start", "stop", "topic", "unbanned", "unlocked", "unmuted", "warning",
  ]
}
