import JSON

extension ControlStatus {
  var json: JSONValue {
    [
      "version": .string(version),
      "pid": .int(pid),
      "started": .orNull(started),
      "now": .orNull(now),
      "address": .string(address),
      "data": .string(data),
      "fsync": .string(fsync),
      "sessions": .int(sessions),
      "present": .int(present),
      "accounts": .int(accounts),
      "rooms": .int(rooms),
      "bans": .int(bans),
      "mutes": .int(mutes),
      "messages": .int(messages),
      "memory_bytes": .int(memory),
      "memory_bound_bytes": memoryBound.map { .int($0) } ?? .null,
      "pending_hashes": .int(pendingHashes),
      "recording_fault": .orNull(recordingError),
      "faults": .strings(faults),
      "rates": rates?.json ?? .null,
      "queues": queues?.json ?? .null,
      "files": files?.json ?? .null,
      "disk": disk?.json ?? .null,
      "policy": policy?.json ?? .null,
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let status = try ControlObject(json, "the status")
    version = try status.string("version")
    pid = try status.int("pid")
    started = try status.timestamp("started")
    now = try status.timestamp("now")
    address = try status.string("address")
    data = try status.string("data")
    fsync = try status.string("fsync")
    sessions = try status.int("sessions")
    present = try status.int("present")
    accounts = try status.int("accounts")
    rooms = try status.int("rooms")
    // A server older than these keys knows none.
    bans = status["bans"] == nil ? 0 : try status.int("bans")
    mutes = status["mutes"] == nil ? 0 : try status.int("mutes")
    messages = try status.unsigned("messages")
    memory = try status.unsigned("memory_bytes")
    memoryBound = status["memory_bound_bytes"] == nil ? nil : try status.unsigned("memory_bound_bytes")
    pendingHashes = try status.int("pending_hashes")
    recordingError = try status.optionalString("recording_fault")
    // A server older than one of these keys says nothing of it.
    faults = status["faults"] == nil ? [] : try status.strings("faults")
    rates = try status["rates"].map(ControlRates.init(json:))
    queues = try status["queues"].map(ControlQueues.init(json:))
    files = try status["files"].map(ControlFileUse.init(json:))
    disk = try status["disk"].map(ControlDisk.init(json:))
    policy = try status["policy"].map(ControlPolicy.init(json:))
  }
}
