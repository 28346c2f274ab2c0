/// Numbers as bars one character wide, side by side: `▁▂▅█▃`.
package enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The last numbers of those that fit into `columns`, the greatest of them as the highest bar. The lowest bar is 0 alone.
  package static func text(_ numbers: [Int], columns: Int) -> String {
    let shown = numbers.suffix(max(0, columns))
    let most = shown.max() ?? 0
    return String(
      shown.map { number in
        guard number > 0 else { return bars[0] }
        // As a fraction, so that no number is too great.
        let share = Double(number) / Double(most)
        return bars[min(bars.count - 1, 1 + Int(share * Double(bars.count - 1) - 0.5))]
      })
  }
}
