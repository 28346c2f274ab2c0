import POSIX

/// The file that a backup is written to: under another name until it is whole and verified, so that nothing under the good
/// name is ever half, and never in the place of another file.
final class BackupFile {
  let path: String
  private let descriptor: FileDescriptor
  private var isKept = false

  /// Its name until then.
  static func unfinished(_ path: String) -> String { "\(path).part" }

  init(_ path: String) throws(AdminError) {
    self.path = path
    if (try? File.statusOfLink(path)) != nil { throw Self.exists(path) }
    do throws(Errno) {
      descriptor = try File.open(Self.unfinished(path), [.readWrite, .create, .exclusive], mode: 0o600)
      // Whatever the umask leaves of it.
      try descriptor.changeMode(0o600)
    } catch .fileExists {
      throw AdminError(
        .cannotCreate,
        "\(Self.unfinished(path)) is there already: another backup is being written, or one was cut off; if none is, "
          + "remove it")
    } catch {
      throw AdminError(.cannotCreate, "cannot create \(Self.unfinished(path)): \(error)")
    }
  }

  deinit {
    if !isKept { try? File.unlink(Self.unfinished(path)) }
  }

  func write(_ bytes: [UInt8]) throws(AdminError) {
    do throws(Errno) { try descriptor.writeAll(bytes) } catch { throw failure(error) }
  }

  /// Reads what was written, once it is on the disk.
  func readBack(_ body: ([UInt8]) throws(AdminError) -> Void) throws(AdminError) {
    do throws(Errno) { try descriptor.sync(.everything) } catch { throw failure(error) }
    try FilePieces.read(descriptor, path, body)
  }

  /// Gives it its name.
  func keep() throws(AdminError) {
    do throws(Errno) {
      try rename()
      isKept = true
      try File.syncDirectory(File.folder(of: path))
    } catch .fileExists {
      throw Self.exists(path)
    } catch {
      throw failure(error)
    }
  }

  private func rename() throws(Errno) {
    do throws(Errno) {
      try File.renameWithoutReplacing(Self.unfinished(path), to: path)
    } catch {
      // Not every file system knows how; there is the name looked at a moment before.
      guard [.invalidArgument, .notImplemented, .notSupported].contains(error) else { throw error }
      if (try? File.statusOfLink(path)) != nil { throw .fileExists }
      try File.rename(Self.unfinished(path), to: path)
    }
  }

  private func failure(_ errno: Errno) -> AdminError {
    AdminError(.inputOutput, "cannot write \(path): \(errno); nothing is left of it")
  }

  private static func exists(_ path: String) -> AdminError {
    AdminError(.cannotCreate, "\(path) is there already, and no backup is written over a file; name another")
  }
}

/// A file read from its beginning to its end.
enum FilePieces {
  private static let pieceBytes = 256 << 10

  static func read(
    _ descriptor: borrowing FileDescriptor, _ path: String, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    var position: Int64 = 0
    while true {
      let piece: [UInt8]
      do throws(Errno) {
        piece = try descriptor.pread(upTo: pieceBytes, at: position)
      } catch {
        throw AdminError(.inputOutput, "cannot read \(path): \(error)")
      }
      if piece.isEmpty { return }
      position += Int64(piece.count)
      try body(piece)
    }
  }
}
