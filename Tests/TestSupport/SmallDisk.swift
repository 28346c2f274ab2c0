import Foundation
import POSIX

/// A file system of 1 MiB in memory; mounting it needs privileges.
package final class SmallDisk {
  package let path: String

  /// Whether this process may mount: root may, outside most containers.
  package static let isPermitted: Bool = (try? SmallDisk()) != nil

  package init() throws {
    path = try TemporaryFolder.make()
    guard try run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", path) else {
      try? File.removeDirectory(path)
      throw Errno.notPermitted
    }
  }

  deinit {
    if (try? run("umount", path)) == true { try? File.removeDirectory(path) }
  }

  /// Uses all free space.
  package func fill() throws {
    let descriptor = try File.open("\(path)/filler", [.writeOnly, .create, .append])
    var count = 64 << 10
    while count > 0 {
      do throws(Errno) {
        count = min(count, try descriptor.write([UInt8](repeating: 0, count: count)))
      } catch {
        guard error == .noSpace else { throw error }
        count /= 2
      }
    }
  }

  package func empty() throws { try File.unlink("\(path)/filler") }

  private func run(_ arguments: String...) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
