import Terminal

/// A file on its way: `↑ plan.pdf ━━━━━━━━━───────────  43 %  12.3 MB/s  4 s left`.
struct ProgressRow {
  private static let barColumns = 20

  private let progress: TransferProgress
  private let isStyled: Bool

  init(_ progress: TransferProgress, isStyled: Bool) {
    self.progress = progress
    self.isStyled = isStyled
  }

  func text(columns: Int) -> String {
    let arrow = progress.isSending ? "↑" : "↓"
    guard progress.size > 0 else { return "\(arrow) \(progress.name): reading it".truncated(toColumns: columns - 1) }
    let full = min(Self.barColumns, Int(progress.done * UInt64(Self.barColumns) / progress.size))
    let bar = String(repeating: "━", count: full) + String(repeating: "─", count: Self.barColumns - full)
    let percent = "\(progress.done * 100 / progress.size) %".padded(toColumns: 5, .trailing)
    var end = "\(bar) \(percent)  \(Self.bytes(progress.bytesPerSecond))/s"
    if progress.bytesPerSecond > 0, progress.done < progress.size {
      end += "  \((progress.size - progress.done) / progress.bytesPerSecond + 1) s left"
    }
    let name = progress.name.truncated(toColumns: max(8, columns - 4 - end.displayWidth))
    return Style.dim.applied(to: "\(arrow) \(name) \(end)".truncated(toColumns: columns - 1), enabled: isStyled)
  }

  /// `12.3 MB`, in powers of 1000.
  static func bytes(_ count: UInt64) -> String {
    let units = ["B", "kB", "MB", "GB"]
    var (value, unit) = (count * 10, 0)
    while value >= 10_000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(count) B" : "\(value / 10).\(value % 10) \(units[unit])"
  }
}
