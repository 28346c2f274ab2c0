import POSIX
import Terminal

/// What a person types before a command of the console asks for it.
final class TypedAhead {
  private var bytes: [UInt8] = []
  /// Whether the command has asked for a password.
  private(set) var wasSecretAsked = false

  /// What waits behind the line of a command.
  func take(from input: inout LineInput) {
    bytes = input.typedAhead.takeBytes()
    wasSecretAsked = false
  }

  /// What the command has not asked for is the next one.
  func giveBack(to input: inout LineInput) {
    input.feed(bytes)
    bytes = []
  }

  /// Whether there was anything.
  func drop() -> Bool {
    defer { bytes = [] }
    return !bytes.isEmpty
  }

  /// nil at the end of input.
  func readSecret(_ prompt: String, unless interruption: Interruption) throws(Errno) -> String? {
    wasSecretAsked = true
    return try SecretPrompt.read(prompt, ahead: &bytes, interruption: interruption)
  }

  /// Only what is an answer was meant as one. nil where there is none.
  func readAnswer(_ question: String, unless interruption: Interruption) throws(Errno) -> String? {
    let line = bytes.prefix { $0 != 0x0D }
    let isAnswer =
      line.count < bytes.count && !line.isEmpty && Confirmation(String(decoding: line, as: UTF8.self)) != nil
    var used = isAnswer ? Array(bytes[...line.count]) : []
    if isAnswer { bytes.removeFirst(used.count) }
    do throws(Errno) {
      return try SecretPrompt.read(question, isShown: true, ahead: &used, interruption: interruption)
    } catch .interrupted {
      return nil
    }
  }
}
