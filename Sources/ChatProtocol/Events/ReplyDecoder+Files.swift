extension Reply.Result {
  /// The results of the commands about files.
  static func aboutFiles(in members: EventMembers, of command: String) throws(EventError) -> Self {
    switch command {
    case "offer":
      .offered(
        OfferedFile(
          id: try members.number("id"), name: try members.text("name"), ticket: Secret(try members.text("ticket")),
          offset: try members.number("offset")))
    case "get":
      .fetch(
        FetchedFile(
          id: try members.number("id"), name: try members.text("name"), size: try members.number("size"),
          cksum: try members.cksum("cksum"), ticket: Secret(try members.text("ticket")),
          offset: try members.number("offset")))
    case "files":
      .files(
        room: try members.name("room"),
        try members.list("files") { (file) throws(EventError) in try ListedFile(decoding: file) },
        more: try members.continuation(otherwise: nil))
    case "take": .taken(try members.number("id"), bytes: try members.number("bytes"))
    default: .file(try members.number("id"))
    }
  }
}

extension ListedFile {
  fileprivate init(decoding members: EventMembers) throws(EventError) {
    self.init(
      file: try SharedFile(decoding: members), cksum: try members.cksum("cksum"), time: try members.timestamp("time"),
      isUnfinished: try members.optionalFlag("unfinished"))
  }
}

extension EventMembers {
  fileprivate func cksum(_ key: String) throws(EventError) -> UInt32 {
    guard let cksum = UInt32(exactly: try number(key)) else { throw EventError("\(key) has more than 32 bits") }
    return cksum
  }
}
