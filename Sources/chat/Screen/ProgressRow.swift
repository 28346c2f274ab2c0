import ChatProtocol
import Terminal
import Text

/// A file on its way: `↑ plan.pdf ━━━━━━━━━───────────  43 %  12.3 MiB/s  4 s left`.
struct ProgressRow {
  private static let barColumns = 20

  private let progress: TransferProgress
  private let isStyled: Bool

  init(_ progress: TransferProgress, isStyled: Bool) {
    self.progress = progress
    self.isStyled = isStyled
  }

  func text(columns: Int) -> String {
    let end =
      switch progress.state {
      case .reading(_, 0): "is being read"
      case .reading(let done, let size): "is being read, \(min(100, done * 100 / size)) %"
      case .waiting(let reason): "waits: \(reason)"
      case .moving(let done, let size, let bytesPerSecond): Self.moving(done, of: size, bytesPerSecond)
      }
    let nameColumnsMax = max(8, columns - 4 - end.displayWidth)
    let row = "\(progress.isSending ? "↑" : "↓") \(progress.name.truncated(toColumns: nameColumnsMax)) \(end)"
    return Style.dim.applied(to: CleanText.string(from: row).truncated(toColumns: columns - 1), enabled: isStyled)
  }

  private static func moving(_ done: UInt64, of size: UInt64, _ bytesPerSecond: UInt64) -> String {
    let full = Int(done * UInt64(barColumns) / size)
    let bar = String(repeating: "━", count: full) + String(repeating: "─", count: barColumns - full)
    let percent = "\(done * 100 / size) %".padded(toColumns: 5, .trailing)
    guard done < size else { return "\(bar) \(percent)  it is being checked" }
    let text = "\(bar) \(percent)  \(ByteCount.words(bytesPerSecond))/s"
    guard bytesPerSecond > 0 else { return text }
    let secondsLeft = Int64(clamping: (size - done - 1) / bytesPerSecond + 1)
    return text + "  \(TimeSpan.words(seconds: secondsLeft)) left"
  }
}
