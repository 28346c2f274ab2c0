/// What somebody may do who did not come in with a name and a password.
enum Choice: CaseIterable, Equatable, Sendable {
  case tryAgain
  case register
  case guest
  case anotherName
  case quit

  /// The letter that is typed for it.
  var letter: Character {
    switch self {
    case .tryAgain: "t"
    case .register: "r"
    case .guest: "g"
    case .anotherName: "n"
    case .quit: "q"
    }
  }

  /// In a question, with the letter in brackets.
  func words(for name: String) -> String {
    switch self {
    case .tryAgain: "(t)ry again"
    case .register: "(r)egister \(name)"
    case .guest: "come in as a (g)uest"
    case .anotherName: "another (n)ame"
    case .quit: "(q)uit"
    }
  }

  /// The words that are typed for it instead.
  private var answers: [String] {
    switch self {
    case .tryAgain: ["try again", "try"]
    case .register: ["register"]
    case .guest: ["guest", "come in as a guest"]
    case .anotherName: ["name", "another name"]
    case .quit: ["quit"]
    }
  }

  /// The one meant by a typed answer: exactly its letter or its words; the first of `choices` where nothing was typed.
  static func meant(by answer: String, among choices: [Choice]) -> Choice? {
    let answer = answer.lowercased().split(separator: " ").joined(separator: " ")
    guard !answer.isEmpty else { return choices.first }
    return choices.first { String($0.letter) == answer || $0.answers.contains(answer) }
  }

  /// `(r)egister alice, come in as a (g)uest or (q)uit? [r] `
  static func question(among choices: [Choice], for name: String) -> String {
    let words = choices.map { $0.words(for: name) }
    return "\(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")? [\(choices.first?.letter ?? "q")] "
  }
}
