import Text

extension CommandTable {
  /// The name or alias that was probably meant; nil where nothing is near.
  package static func nearest(to word: String) -> String? { Spelling.nearest(to: word, among: words) }

  /// Commands of other programs, and of ours, that are called otherwise here.
  static let hints = ["send": "/offer shares a file; /help offer explains it."]

  /// Names and aliases, in the order of `/help`.
  private static let words = all.flatMap { [$0.name] + $0.aliases }

  static let wordLengthMax = words.map(\.utf8.count).max() ?? 0
}
