import POSIX

extension Report.Surroundings {
  /// `release` or `debug`.
  static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  /// This machine, and the server at a path.
  static func current(_ server: String, _ scale: Scale, _ leftovers: Leftovers) throws(BenchError) -> Self {
    Self(
      cores: Machine.coreCount, kernel: (try? Machine.kernelRelease()) ?? "?", build: build,
      server: try ServerProcess.version(of: server, leftovers), seconds: scale.seconds, quick: scale.isQuick)
  }
}
