import POSIX

@testable import chat_admin

/// `chat-admin` run once within the test: what it printed and how it ended.
struct AdminRun {
  let status: ExitStatus
  let output: String
  let errors: String

  init(_ arguments: [String]) { self.init(list: arguments) }

  init(
    _ arguments: String..., input: [UInt8] = [], columnsMax: Int? = nil, silence_ms_max: Int32 = 10_000,
    outputFault: Errno? = nil
  ) {
    self.init(
      list: arguments, input: input, columnsMax: columnsMax, silence_ms_max: silence_ms_max, outputFault: outputFault)
  }

  /// `input` is what the password is read from, its line end cut off already.
  private init(
    list arguments: [String], input: [UInt8] = [], columnsMax: Int? = nil, silence_ms_max: Int32 = 10_000,
    outputFault: Errno? = nil
  ) {
    let printed = Printed()
    let surroundings = AdminSurroundings(
      write: { text throws(Errno) in
        if let outputFault { throw outputFault }
        printed.output += text
      },
      writeError: { printed.errors += $0 },
      readPassword: { _ throws(Errno) in input },
      columnsMax: columnsMax, silence_ms_max: silence_ms_max)
    status = AdminProgram.run(arguments, in: surroundings)
    output = printed.output
    errors = printed.errors
  }
}

private final class Printed {
  var output = ""
  var errors = ""
}
