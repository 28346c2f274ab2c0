import POSIX

@testable import chat_admin

/// `chat-admin` run once within the test: what it printed and how it ended.
struct AdminRun {
  let status: ExitStatus
  let output: String
  let errors: String

  init(_ arguments: [String], serverProgram: String? = nil) {
    self.init(list: arguments, serverProgram: serverProgram)
  }

  /// With a user at a terminal who gives this answer to a question.
  init(_ arguments: [String], answer: String) { self.init(arguments, answers: [answer]) }
  init(_ arguments: [String], answers: [String]) { self.init(list: arguments, answers: answers) }

  /// If `typed` has more than one line, a user at a terminal types these passwords one after the other.
  init(_ arguments: String..., typed: [[UInt8]]) {
    self.init(list: arguments, typed: typed)
  }

  init(
    _ arguments: String..., input: [UInt8] = [], columnsMax: Int? = nil, replyTimeout: Duration = .seconds(10),
    outputFault: Errno? = nil
  ) {
    self.init(
      list: arguments, typed: [input], columnsMax: columnsMax, replyTimeout: replyTimeout, outputFault: outputFault)
  }

  /// `typed` has the lines from which passwords are read, without line ends.
  private init(
    list arguments: [String], typed: [[UInt8]] = [[]], columnsMax: Int? = nil, replyTimeout: Duration = .seconds(10),
    outputFault: Errno? = nil, serverProgram: String? = nil, answers: [String] = []
  ) {
    let printed = Printed(typed, answers)
    var surroundings = AdminEnvironment(
      write: { text throws(Errno) in
        if let outputFault { throw outputFault }
        printed.output += text
      },
      writeError: { printed.errors += $0 },
      readPassword: { _ throws(Errno) in printed.typed.removeFirst() },
      readAnswer: { question throws(Errno) in
        printed.errors += question
        return printed.answers.isEmpty ? nil : printed.answers.removeFirst()
      },
      isInteractive: typed.count > 1 || !answers.isEmpty, columnsMax: columnsMax, replyTimeout: replyTimeout)
    if let serverProgram { surroundings.serverProgram = serverProgram }
    status = AdminProgram.run(arguments, in: surroundings)
    output = printed.output
    errors = printed.errors
  }
}

private final class Printed {
  var typed: [[UInt8]]
  var answers: [String]
  var output = ""
  var errors = ""

  init(_ typed: [[UInt8]], _ answers: [String]) { (self.typed, self.answers) = (typed, answers) }
}
