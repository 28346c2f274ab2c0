import ChatProtocol
import Terminal

// Tab: commands, what they take, rooms, users and files.
extension ChatScreen {
  mutating func complete(_ text: String) {
    let completion = LineCompletion(text, names: names, user: overview.user, paths: paths)
    let words = completion.words
    let common = CandidateList.commonBeginning(of: words.map(\.text))
    if words.isEmpty {
      if let hint = completion.hint {
        input.show(above: [display.dimmed("-- \(display.cleaned(hint))")])
      } else {
        input.ring()
      }
    } else if words.count == 1 {
      input.complete(replacing: completion.typed.count, with: words[0].text + words[0].ending)
    } else if common.count > completion.typed.count {
      input.complete(replacing: completion.typed.count, with: common)
    } else {
      let shown = words.prefix(LineCompletion.shownMax).map { $0.label ?? $0.text }
      let list = CandidateList(Array(shown), more: words.count > shown.count)
      input.show(above: list.lines(columnsMax: display.columns ?? 80).map(display.cleaned))
    }
  }
}
