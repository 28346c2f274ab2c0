import POSIX

/// The console for a script or a plain terminal: commands one a line. Only their output goes to standard output.
struct ScriptConsole: ~Copyable {
  private let options: AdminOptions
  private let environment: AdminEnvironment
  private var program: AdminProgram

  init(_ options: AdminOptions, in environment: AdminEnvironment) {
    self.options = options
    var own = environment
    if !environment.isInteractive {
      // A password is the script's next line.
      own.readPassword = { _ throws(Errno) in try environment.readLine() ?? [] }
    }
    self.environment = own
    program = AdminProgram(in: own)
  }

  /// Continues after a failed line; the status is that of the first failure.
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
        environment.report(error)
        if status == .success { status = error.status }
      }
    }
    return status
  }

  private func nextLine() throws(AdminError) -> String? {
    if environment.isInteractive { environment.writeError("chat-admin> ") }
    do throws(Errno) {
      return try environment.readLine().map { String(decoding: $0, as: UTF8.self) }
    } catch .fileTooLarge {
      throw AdminError(.usage, "a line of standard input is too long for a command")
    } catch {
      throw AdminError(.inputOutput, "cannot read commands from standard input: \(error)")
    }
  }
}
