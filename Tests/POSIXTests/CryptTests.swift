import POSIX
import TestSupport
import Testing

struct CryptTests {
  @Test func `what was hashed verifies, and nothing else does`() throws {
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
    // The first test vector of the SHA-crypt specification, and the same secret by its smaller sibling.
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  ])
  func `hashes of other methods verify`(hash: String) {
    #expect(Crypt.verify("Hello world!", against: hash))
    #expect(!Crypt.verify("Hello world?", against: hash))
  }

  @Test(arguments: ["", "*", "!", "*0", "*1", "x", "$", "$y$", "$nonsense$abc$def", "plain:secret", "\0", "$6$\0", "é"])
  func `what is no hash verifies nothing`(hash: String) {
    #expect(!Crypt.verify("secret", against: hash))
    #expect(!Crypt.verify(hash, against: hash))
  }

  @Test func `a secret that a C string cannot hold is refused`() throws {
    #expect(throws: CryptFailure.containsNUL) { try Crypt.hash("before\0after") }
    let hash = try Crypt.hash("before", cost: 1)
    #expect(!Crypt.verify("before\0after", against: hash))
  }

  @Test func `the longest secret counts to its last byte, a longer one is refused`() throws {
    let longest = String(repeating: "x", count: Crypt.secretBytesMax)
    let hash = try Crypt.hash(longest, cost: 1)
    #expect(Crypt.verify(longest, against: hash))
    #expect(!Crypt.verify(String(longest.dropLast()), against: hash))
    #expect(!Crypt.verify(longest + "x", against: hash))
    #expect(throws: CryptFailure.tooLong(bytes_max: Crypt.secretBytesMax)) { try Crypt.hash(longest + "x") }
  }

  @Test func `a cost that the method does not know is refused`() {
    #expect(throws: CryptFailure.failed(.invalidArgument)) { try Crypt.hash("secret", cost: 99) }
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
