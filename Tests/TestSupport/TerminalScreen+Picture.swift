/// Screens as pictures for the documents.
extension TerminalScreen {
  /// The screen as an SVG image, the cursor included.
  package var svg: String {
    let (cellWidth, cellHeight, margin) = (9, 20, 16)
    let (width, height) = (columns * cellWidth + 2 * margin, rows * cellHeight + 2 * margin)
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
      """,
      """
      <rect width="\(width)" height="\(height)" rx="8" fill="#16181d"/>
      """,
      """
      <g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="15" fill="#d8dbe0"\
       xml:space="preserve">
      """,
    ]
    for row in 0..<rows {
      for run in runs(ofRow: row) {
        let (x, y) = (margin + run.column * cellWidth, margin + row * cellHeight + 15)
        lines.append(
          """
          <text x="\(x)" y="\(y)" textLength="\(run.width * cellWidth)"\(Self.attributes(of: run.style))>\
          \(Self.escaped(run.text))</text>
          """)
      }
    }
    lines.append(
      """
      <rect x="\(margin + column * cellWidth)" y="\(margin + row * cellHeight)" width="\(cellWidth)"\
       height="\(cellHeight)" fill="#d8dbe0" fill-opacity="0.7"/>
      """)
    return (lines + ["</g>", "</svg>", ""]).joined(separator: "\n")
  }

  private struct Run {
    var column: Int
    var width = 0
    var text = ""
    var style: String
  }

  /// Words and the spaces between them in one style. Each has its own position, so that a font of another width shifts nothing.
  private func runs(ofRow row: Int) -> [Run] {
    var runs: [Run] = []
    var isOpen = false
    for (column, cell) in cells[row].enumerated() {
      if cell == " " {
        isOpen = false
      } else if cell.isEmpty {
        runs[runs.count - 1].width += 1
      } else {
        if !isOpen || runs[runs.count - 1].style != styles[row][column] {
          runs.append(Run(column: column, style: styles[row][column]))
        }
        isOpen = true
        runs[runs.count - 1].text += cell
        runs[runs.count - 1].width += 1
      }
    }
    return runs
  }

  /// Bold, dim and the 256 colours of xterm, as `Style` writes them.
  private static func attributes(of style: String) -> String {
    var attributes = ""
    var codes = style.split(separator: ";").compactMap { Int($0) }[...]
    while let code = codes.popFirst() {
      switch code {
      case 1: attributes += " font-weight=\"bold\""
      case 2: attributes += " fill-opacity=\"0.6\""
      case 38:
        let levels = [0, 95, 135, 175, 215, 255]
        guard codes.popFirst() == 5, let color = codes.popFirst(), (16..<232).contains(color) else { continue }
        let parts = [(color - 16) / 36, (color - 16) / 6 % 6, (color - 16) % 6].map { levels[$0] }
        attributes += " fill=\"rgb(\(parts.map(String.init).joined(separator: ",")))\""
      default: break
      }
    }
    return attributes
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
