import POSIX
import TestSupport
import Testing

struct FileDescriptorTests {
  @Test func `a descriptor closes when its owner is destroyed`() throws {
    let pipe = try FileDescriptor.pipe()
    let reading = pipe.reading
    close(pipe.writing)
    // Because the writing end is closed, the reading end reports the end instead of waiting.
    #expect(try reading.readToEnd() == [])
  }

  @Test func `a released descriptor stays open`() throws {
    let pipe = try FileDescriptor.pipe()
    let reading = pipe.reading
    let number = pipe.writing.release()
    let writing = FileDescriptor(owning: number)
    try writing.writeAll("still open")
    #expect(try reading.read(upTo: 100) == Array("still open".utf8))
  }

  @Test func `a duplicate keeps the file open`() throws {
    let pipe = try FileDescriptor.pipe()
    let reading = pipe.reading
    let copy = try pipe.writing.duplicate()
    close(pipe.writing)
    try copy.writeAll(Array("abc".utf8)[1...])
    #expect(try reading.read(upTo: 100) == Array("bc".utf8))
  }

  @Test func `duplicating a number that is not open throws`() {
    #expect(throws: Errno.badFileDescriptor) { _ = try FileDescriptor(duplicating: 1_000_000) }
  }

  @Test func `a non-blocking read of an empty pipe throws instead of waiting`() throws {
    let pipe = try FileDescriptor.pipe()
    try pipe.reading.setNonBlocking()
    #expect(throws: Errno.wouldBlock) { try pipe.reading.read(upTo: 1) }
    try pipe.reading.setNonBlocking(false)
    try pipe.writing.writeAll("x")
    #expect(try pipe.reading.read(upTo: 1) == [UInt8(ascii: "x")])
  }

  @Test func `a write may write a part of the bytes`() throws {
    let pipe = try FileDescriptor.pipe()
    try pipe.writing.setNonBlocking()
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    let written = try pipe.writing.write(bytes)
    #expect(written > 0 && written < bytes.count)
    #expect(throws: Errno.wouldBlock) { try pipe.writing.write(bytes) }
  }

  @Test func `writeAll writes all bytes`() throws {
    let pipe = try FileDescriptor.pipe()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let reading = pipe.reading.release()
    let writing = pipe.writing
    let reader = try Promise { try FileDescriptor(owning: reading).readToEnd() }
    try writing.writeAll(bytes)
    close(writing)
    #expect(try reader.value() == bytes)
  }

  private func close(_ descriptor: consuming FileDescriptor) {}
}

struct ErrnoTests {
  @Test func `an error has the system's description`() {
    #expect("\(Errno.noSuchFileOrDirectory)" == "No such file or directory")
    #expect("\(Errno.noSpace)" == "No space left on device")
  }

  @Test func `an unknown error number has a description`() {
    #expect("\(Errno(rawValue: 9999))".contains("9999"))
  }

  @Test func `a failed call throws the system's error`() {
    #expect(throws: Errno.noSuchFileOrDirectory) { try File.readWhole("/nonexistent/file") }
    #expect(throws: Errno.notDirectory) { try File.names(inDirectory: "/dev/null") }
    #expect(throws: Errno.isDirectory) { try File.readWhole("/") }
  }
}

/// A file's bytes as text.
func text(_ path: String) throws -> String {
  String(decoding: try File.readWhole(path), as: UTF8.self)
}
