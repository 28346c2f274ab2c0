import POSIX
import TestSupport
import Testing

struct CryptTests {
  @Test func `a hash verifies its secret and no other`() throws {
    let hash = try Crypt.hash("correct horse", cost: 1)
    #expect(hash.hasPrefix("$y$"))
    #expect(Crypt.verify("correct horse", against: hash))
    #expect(!Crypt.verify("correct horsf", against: hash))
    #expect(!Crypt.verify("", against: hash))
    #expect(!Crypt.verify("correct horse", against: String(hash.dropLast())))
    #expect(!Crypt.verify("correct horse", against: hash + "x"))
  }

  @Test func `each hash has a salt of its own`() throws {
    #expect(try Crypt.hash("same secret", cost: 1) != Crypt.hash("same secret", cost: 1))
  }

  @Test func `a higher cost is noted in the hash`() throws {
    let usual = try Crypt.hash("secret", cost: 0)
    let low = try Crypt.hash("secret", cost: 1)
    #expect(usual.prefix(7) != low.prefix(7))
    #expect(Crypt.verify("secret", against: usual))
  }

  @Test(arguments: [
    // The first test vector of the SHA-crypt specification, and the same secret with the smaller method.
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  ])
  func `hashes of other methods verify`(hash: String) {
    #expect(Crypt.verify("Hello world!", against: hash))
    #expect(!Crypt.verify("Hello world?", against: hash))
  }

  /// A hash of "correct-horse" by each method, as crypt(3) made it.
  static let hashes = [
    "$y$j9T$YOMkmRQ4zb2cIPDYe4Ubm1$fzePbuGM2XTY9E1A1105qZqKqs5omfg7jkGq75g71z4",
    "$gy$j9T$c8BDqyG/InA.st5ORfjtx0$CDfaPEzyI1TS6JApaFGysYpV10.eRw/HtWEAPMSELK9",
    "$7$CU..../....u8DZC46RdOP1MIY3ZLfPW/$k8es73SlMyqpq9KCZHKi7/h3mgAuQVKk/I8M5iPOmI/",
    "$2b$05$cuvUg1Orj3PUSeuIUqAhj.NNJ8bEKa3G8.TNyhVTbWUu8XpMnyYz2",
    "$2a$05$8e0DN2zve7a/1wSl0eU9ZOOM2LhGPIrsCqeFOxlKEyxWhvJSWaaWS",
    "$2y$05$MDlJ26UqLJE6i5GqmYVRZObvWnK8GaJ7zp9xTHC46GeV7izqjD6x.",
    "$6$0J7H25Rf2TwfqSxw$C/u3DJ9Pw.Ovw8kmPQC5Yb9ehTRjrB1T5z25Kc6xHFjHkSJVRJfpyb.KDTsIE5S/2mgEh0uHjp56EFkYblQoL.",
    "$6$rounds=5000$abc$7LbNZT4M7HGN3/1jY8fNldeY2Tz2iP0rK862.OES/Qgaxo8daY1afcrsa9aPtXnfzsPgjdXKDo5skc4wnKIrT1",
    "$6$$SyMgYduJJZKHPUzF7JL3pe3kbYd1WB7wwRRIgYgNJnXq4Kstq.i.UHzQo1ejoWGnkGOzuktZKM1H23MI0uqOM/",
    "$5$etrNleIQBXYEmU9E$MMQ2Hk701W2ZxGcq/o6nZkx6QHkkfX6j0DVsObCXg48",
    "$sha1$197740$sQz3kkVdlRDfWCXuJIAF$Ye.5jhgHA5/syBKF3plPaAsGQ6zK",
    "$md5,rounds=80796$EhR0KM6/$$YCkhYRsnBKOhyB9dQNPYn0", "$md5$abcdefgh$$.vYPvNOSuWe3nkBPbW26Q.",
    "$1$17oBE901$KOfzuHt4Evn49.7YGHaMs0", "_J9..GBv6BJEQQJHQ.Z.", "47RtRTqauhdZA",
    "$3$$91c81bd7d0872ad66d3f917fea9fb5fb",
  ]

  @Test(arguments: hashes)
  func `a hash of any method is recognized and verifies`(hash: String) {
    #expect(Crypt.recognizes(hash))
    #expect(Crypt.verify("correct-horse", against: hash))
  }

  @Test(arguments: hashes)
  func `a hash that lost a character or has one too many is not recognized`(hash: String) {
    for damaged in [String(hash.dropLast()), hash + "x", hash + "$", hash + ":", hash + " ", hash + "é"] {
      #expect(!Crypt.recognizes(damaged), "\(damaged)")
    }
  }

  @Test(arguments: ["", "*", "x", "$y$bad", "$9$xx$yy", "$y$", "$", "plain:secret-secret", "$2b$10$abc", "_", "\0"])
  func `an unknown method of libcrypt is not recognized`(text: String) {
    #expect(!Crypt.recognizes(text))
    #expect(Crypt.fits(Array("secret".utf8), text) == nil)
  }

  @Test(arguments: ["", "*", "!", "*0", "*1", "x", "$", "$y$", "$nonsense$abc$def", "plain:secret", "\0", "$6$\0", "é"])
  func `text that is not a hash verifies no secret`(hash: String) {
    #expect(!Crypt.verify("secret", against: hash))
    #expect(!Crypt.verify(hash, against: hash))
  }

  @Test func `a secret with a zero byte is rejected`() throws {
    #expect(throws: CryptError.containsNUL) { try Crypt.hash("before\0after") }
    let hash = try Crypt.hash("before", cost: 1)
    #expect(!Crypt.verify("before\0after", against: hash))
  }

  @Test func `every byte of the longest secret counts, and a longer one is rejected`() throws {
    let longest = String(repeating: "x", count: Crypt.secretBytesMax)
    let hash = try Crypt.hash(longest, cost: 1)
    #expect(Crypt.verify(longest, against: hash))
    #expect(!Crypt.verify(String(longest.dropLast()), against: hash))
    #expect(!Crypt.verify(longest + "x", against: hash))
    #expect(throws: CryptError.tooLong(bytesMax: Crypt.secretBytesMax)) { try Crypt.hash(longest + "x") }
  }

  @Test func `an invalid cost is rejected`() {
    #expect(throws: CryptError.failed(.invalidArgument)) { try Crypt.hash("secret", cost: 99) }
  }

  @Test func `several threads hash at once`() throws {
    let threads = try (0..<4).map { number in
      try Promise { () throws -> [Bool] in
        let hash = try Crypt.hash("secret \(number)", cost: 1)
        return (0..<4).map { Crypt.verify("secret \($0)", against: hash) }
      }
    }
    for (number, thread) in threads.enumerated() {
      #expect(try thread.value() == (0..<4).map { $0 == number })
    }
  }
}
