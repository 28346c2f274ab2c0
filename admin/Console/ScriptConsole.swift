import POSIX

/// Commands one a line, from a script or from a terminal of which nothing is known: what they print and nothing else goes to
/// standard output. A person is asked what a person is asked anywhere.
struct ScriptConsole: ~Copyable {
  private let options: AdminOptions
  private let surroundings: AdminEnvironment
  private var program: AdminProgram

  init(_ options: AdminOptions, in surroundings: AdminEnvironment) {
    self.options = options
    var own = surroundings
    if !surroundings.isInteractive {
      // Where a command asks for a password, the script's next line is it.
      own.readPassword = { _ throws(Errno) in try surroundings.readLine() ?? [] }
    }
    self.surroundings = own
    program = AdminProgram(in: own)
  }

  /// Goes on behind a line that failed; the status is that of the first that did.
  mutating func run() throws(AdminError) -> ExitStatus {
    var status = ExitStatus.success
    while let line = try nextLine() {
      do throws(AdminError) {
        switch try ConsoleLine(line, in: options) {
        case .nothing: continue
        case .quit: return status
        case .help: try program.print(Help.console)
        case .command(let command): try program.run(command)
        }
      } catch {
        surroundings.tell(error)
        if status == .success { status = error.status }
      }
    }
    return status
  }

  private func nextLine() throws(AdminError) -> String? {
    if surroundings.isInteractive { surroundings.writeError("chat-admin> ") }
    do throws(Errno) {
      return try surroundings.readLine().map { String(decoding: $0, as: UTF8.self) }
    } catch .fileTooLarge {
      throw AdminError(.usage, "a line of standard input is too long to be a command")
    } catch {
      throw AdminError(.inputOutput, "cannot read commands from standard input: \(error)")
    }
  }
}
