import Testing

@testable import Terminal

@Test(arguments: [
  ([], 10, ""), ([0, 0], 10, "▁▁"), ([0, 1, 2, 3, 4, 5, 6, 7], 10, "▁▂▃▄▅▆▇█"), ([1, 1000], 10, "▂█"),
  ([9, 9, 1, 2], 2, "▅█"), ([5], 0, ""), ([.max, 0, .max / 2], 3, "█▁▅"),
])
func `numbers are bars, the greatest the highest and 0 alone the lowest`(
  numbers: [Int], columns: Int, expected: String
) {
  #expect(Sparkline.text(numbers, columns: columns) == expected)
}
