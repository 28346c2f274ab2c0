/// Users of the built `chat`.
extension TerminalProgram {
  static func guest(_ name: String, port: UInt16, state: StateFolder? = nil) throws -> TerminalProgram {
    let person = try chat(name, port: port, state: state)
    try person.type("\r")
    try person.read(until: "or (q)uit? [g] ")
    try person.type("g\r")
    try person.read(until: "── \(name) · lobby, ")
    return person
  }

  static func newAccount(_ name: String, port: UInt16) throws -> TerminalProgram {
    let person = try chat(name, port: port)
    try person.register()
    try person.read(until: "── \(name) · lobby, ")
    return person
  }

  private static func chat(_ name: String, port: UInt16, state: StateFolder? = nil) throws -> TerminalProgram {
    let person = try TerminalProgram("chat", ["--port", "\(port)", "--name", name], state: state)
    try person.read(until: "Password of \(name)")
    return person
  }

  /// Registers, from the question for a password.
  func register() throws {
    try type("\r")
    try read(until: "[g] ")
    try type("r\r")
    for question in ["at least 8 characters: ", "Repeat the password: "] {
      try read(until: question)
      try type("correct-horse\r")
    }
  }
}
