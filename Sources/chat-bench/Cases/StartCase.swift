import POSIX

extension BenchCase {
  static let start = BenchCase(
    name: "start",
    meaning: "from the start to the first connection with 1,000,000 accounts and a log of 1 GB, and the memory of an "
      + "account",
    good: "under 3 s"
  ) { (bench, results) throws(BenchError) in
    let accounts = bench.scale.count(1_000_000)
    let log_bytes = bench.scale.count(1_000_000_000)
    let empty = try memory(of: bench.startServer(rooms: 1))
    bench.progress("writing \(accounts.grouped) accounts and a log of \(log_bytes.grouped) bytes")
    let server = try bench.startServer(rooms: 1) { (folder) throws(BenchError) in
      try DataFiles.writeUsers(accounts, to: folder)
      try DataFiles.writeLog(bytes_min: log_bytes, to: folder)
      bench.progress("starting")
    }
    let full = memory(of: server)
    results.append(
      CaseResult(
        name: "start", subject: server.subject.name,
        figures: [
          Figure("accounts", "ACCOUNTS", accounts),
          Figure("log_mb", "LOG MB", log_bytes / 1_000_000),
          Figure("start_s", "SECONDS", Double(server.startup_ns) / 1e9, digits: 2),
          Figure("memory_mib", "MEMORY MiB", full / 1048576, digits: 1),
          Figure("memory_per_account_bytes", "BYTES/ACCOUNT", (full - empty) / Double(accounts)),
        ]))
  }

  private static func memory(of server: ServerProcess) -> Double {
    Double(server.subject.usage?.residentBytes ?? 0)
  }
}
