/// What the next line of input answers. Until it has an answer to that, the session takes none, and what is typed waits.
enum AwaitedInput: Equatable, Sendable {
  /// The server has to answer first.
  case nothing
  /// It is said, or is a command.
  case line
  case name
  case choice([Choice])
  case secret

  /// Whether it is typed for everybody's eyes.
  var isLine: Bool {
    switch self {
    case .line, .name, .choice: true
    case .nothing, .secret: false
    }
  }
}
