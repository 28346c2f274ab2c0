// What a person types to send and fetch a file with what every system has: a line for the shell, with nothing in it that a shell
// would take for more than a word, whatever the file is called.
extension TextDialect {
  static func words(for offer: OfferedFile) -> String {
    let start = offer.offset == 0 ? "" : " from byte \(offer.offset) on"
    return "#\(offer.id)\(start); to send it, run within 60 seconds:"
  }

  static func words(for file: FetchedFile) -> String {
    "#\(file.id) \(file.name), \(counted(file.size, "byte")), cksum \(file.cksum); to fetch it, run within 60 seconds:"
  }

  /// The server closes the connection when it has the bytes, so nc(1) need not be told when to.
  static func commandLine(for offer: OfferedFile) -> String {
    let path = FileName.shellWord(of: offer.name) == offer.name ? offer.name : "FILE"
    let bytes = offer.offset == 0 ? "cat \(path)" : "tail -c +\(min(offer.offset, .max - 1) + 1) \(path)"
    return "(echo /put \(offer.ticket.exposed); \(bytes)) | nc \(offer.address ?? "HOST PORT")"
  }

  /// What comes before the bytes is passed over by counting them from the end. The id keeps the file from taking the place of
  /// another; and whoever runs the line again, with a ticket that is used up, keeps what was fetched the first time.
  static func commandLine(for file: FetchedFile) -> String {
    let path = "\(file.id)-\(FileName.shellWord(of: file.name))"
    let count = file.size - min(file.offset, file.size)
    let fetched = "echo /take \(file.ticket.exposed) | nc \(file.address ?? "HOST PORT") | tail -c \(count)"
    let kept =
      file.offset == 0
      ? "(set -C; \(fetched) > \(path))" : "[ $(wc -c < \(path)) -eq \(file.offset) ] && \(fetched) >> \(path)"
    return "\(kept); cksum \(path)"
  }

  static func cells(of listed: ListedFile) -> [String] {
    let file = listed.file
    let time = listed.isUnfinished ? "unfinished" : seconds(of: listed.time)
    return ["#\(file.id)", time, "\(file.size)", file.from.text, file.name]
  }
}
