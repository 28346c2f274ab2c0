import Glibc
import POSIX
import TestSupport
import Testing

@testable import chat_admin

@Test func `no server is running on this data folder, and how to start one`() throws {
  let folder = try TemporaryFolder()
  let run = AdminRun("status", "--data", folder.path)
  #expect(run.status == .unavailable)
  #expect(run.errors.hasPrefix("chat-admin: no server is running on the data folder \(folder.path); to start one: "))
  #expect(run.errors.contains("chat-server --data \(folder.path) "))
}

@Test func `there is no such data folder`() {
  let run = AdminRun("status", "--data", "/nonexistent/it's here")
  #expect(run.status == .unavailable)
  #expect(run.errors.hasPrefix("chat-admin: no such data folder: /nonexistent/it's here; "))
  #expect(run.errors.hasSuffix(#"chat-server --data '/nonexistent/it'\''s here'"# + "\n"))
}

@Test func `no server is running at this control path`() {
  let run = AdminRun("status", "--control", "/nonexistent/x.sock")
  #expect(run.status == .unavailable)
  let expected = "no server is running at /nonexistent/x.sock: no such socket; to start one: "
  #expect(run.errors == "chat-admin: \(expected)chat-server --control /nonexistent/x.sock\n")
}

@Test func `a server that died left its socket behind`() throws {
  let folder = try TemporaryFolder()
  do { _ = try Socket.listenUnix(path: "\(folder.path)/control.sock") }
  let run = AdminRun("status", "--data", folder.path)
  #expect(run.status == .unavailable)
  #expect(run.errors.contains("no server is running on the data folder \(folder.path) (a stale socket"))
}

@Test func `a path that is not a socket`() throws {
  let folder = try TemporaryFolder()
  let file = try folder.file("notes.txt", "")
  let loop = "\(folder.path)/loop"
  #expect(unsafe symlink("loop", loop) == 0)
  for (path, problem) in [
    (file, "is not a socket but a file;"), (folder.path, "is not a socket but a directory;"),
    (loop, "is not a socket: too many symbolic links;"),
    ("\(file)/control.sock", "is not a socket: \(file) is not a directory;"),
  ] {
    let run = AdminRun("status", "--control", path)
    #expect(run.status == .unavailable)
    #expect(
      run.errors.hasPrefix("chat-admin: \(path) \(problem) give --data the server's data folder"), "\(run.errors)")
  }
}

@Test func `a path that is too long names the limit`() {
  let run = AdminRun("status", "--control", String(repeating: "x", count: 200))
  #expect(run.status == .usage)
  #expect(run.errors.contains("the system takes 107"))
}

@Test func `permission denied names the owner of the socket`() throws {
  let folder = try TemporaryFolder()
  let path = try folder.file("control.sock", "")
  let denied = SocketError.failed(call: "connect to", address: path, .permissionDenied)
  let me = CurrentProcess.userID
  let owner = try #require(UserDatabase.name(of: me))
  let other = ServerLocation.control(path: path).connectError(denied, as: me + 1)
  #expect(other.status == .notPermitted)
  let expected =
    "permission denied: the socket \(path) belongs to \(owner); run chat-admin as \(owner), for example with sudo -u \(owner)"
  #expect(other.message == expected)
  let own = ServerLocation.control(path: path).connectError(denied, as: me)
  #expect(own.message.contains("the mode of \(path) denies access even to you"))
}

@Test func `a server that accepts no connection is busy`() {
  let stuck = SocketError.failed(call: "connect to", address: "x.sock", .timedOut)
  let failure = ServerLocation.control(path: "x.sock").connectError(stuck)
  #expect(failure.status == .tryAgain)
  #expect(failure.message.hasPrefix("the server at x.sock accepts no connections"))
}

@Test func `permission denied names the owner of a directory that hides the socket`() throws {
  let folder = try TemporaryFolder()
  let path = "\(folder.path)/deeper/control.sock"
  let denied = SocketError.failed(call: "connect to", address: path, .permissionDenied)
  let failure = ServerLocation.control(path: path).connectError(denied, as: CurrentProcess.userID + 1)
  #expect(failure.message.contains("the directory \(folder.path) of the socket \(path) belongs to"))
}

@Test(arguments: [
  ("data", "data"), ("/srv/chat-1_2.3", "/srv/chat-1_2.3"), ("", "''"), ("a b", "'a b'"), ("$HOME", "'$HOME'"),
  ("it's", #"'it'\''s'"#), ("é", "'é'"),
])
func `a path in a suggested command is quoted for the shell`(word: String, quoted: String) {
  #expect(shellQuoted(word) == quoted)
}
