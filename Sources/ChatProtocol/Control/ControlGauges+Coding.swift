import JSON

extension ControlRate {
  var json: JSONValue {
    [
      "total": .int(total), "last_second": .int(lastSecond), "last_10_seconds": .int(lastTenSeconds),
      "last_minute": .int(lastMinute),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let rate = try ControlObject(json, "a rate")
    total = try rate.unsigned("total")
    lastSecond = try rate.int("last_second")
    lastTenSeconds = try rate.int("last_10_seconds")
    lastMinute = try rate.int("last_minute")
  }
}

extension ControlRates {
  var json: JSONValue {
    ["messages": messages.json, "deliveries": deliveries.json, "connections": connections.json]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let rates = try ControlObject(json, "the rates")
    messages = try ControlRate(json: try rates.present("messages"))
    deliveries = try ControlRate(json: try rates.present("deliveries"))
    connections = try ControlRate(json: try rates.present("connections"))
  }
}

extension ControlQueues {
  var json: JSONValue {
    [
      "outbox_bytes": .int(outboxBytes), "sessions_behind": .int(sessionsBehind),
      "history_requests": .int(historyRequests), "throttled_sessions": .int(throttledSessions),
      "held_turns": .int(heldTurns),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let queues = try ControlObject(json, "the queues")
    outboxBytes = try queues.int("outbox_bytes")
    sessionsBehind = try queues.int("sessions_behind")
    historyRequests = try queues.int("history_requests")
    throttledSessions = try queues.int("throttled_sessions")
    heldTurns = try queues.int("held_turns")
  }
}

extension ControlFileUse {
  var json: JSONValue {
    [
      "shared": .int(shared), "unfinished": .int(unfinished), "bytes": .int(bytes),
      "bytes_max": bytesMax.map { .int($0) } ?? .null, "up": .int(up), "down": .int(down),
      "transfers_max": transfersMax.map { .int($0) } ?? .null,
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let files = try ControlObject(json, "the files")
    shared = try files.int("shared")
    unfinished = try files.int("unfinished")
    bytes = try files.unsigned("bytes")
    bytesMax = files["bytes_max"] == nil ? nil : try files.unsigned("bytes_max")
    up = try files.int("up")
    down = try files.int("down")
    transfersMax = files["transfers_max"] == nil ? nil : try files.int("transfers_max")
  }
}

extension ControlDisk {
  var json: JSONValue {
    [
      "free_bytes": freeBytes.map { .int($0) } ?? .null, "log_bytes": .int(logBytes),
      "journal_bytes": .int(journalBytes), "journal_changes": .int(journalChanges),
      "last_snapshot": .orNull(lastSnapshot), "snapshot_faults": .strings(snapshotFaults),
      "last_sync": .orNull(lastSync),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let disk = try ControlObject(json, "the disk")
    freeBytes = disk["free_bytes"] == nil ? nil : try disk.unsigned("free_bytes")
    logBytes = Int64(try disk.int("log_bytes"))
    journalBytes = Int64(try disk.int("journal_bytes"))
    journalChanges = try disk.unsigned("journal_changes")
    lastSnapshot = try disk.optionalTimestamp("last_snapshot")
    snapshotFaults = try disk.strings("snapshot_faults")
    lastSync = try disk.optionalTimestamp("last_sync")
  }
}

extension ControlPolicy {
  var json: JSONValue {
    [
      "registration": .bool(isRegistrationOpen), "guests": .bool(guestsMayComeIn),
      "beyond_loopback": .bool(isBeyondLoopback), "changed": .array(changed.map(\.json)),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let policy = try ControlObject(json, "the policy")
    isRegistrationOpen = try policy.bool("registration")
    guestsMayComeIn = try policy.bool("guests")
    isBeyondLoopback = try policy.bool("beyond_loopback")
    changed = try policy.array("changed", of: ControlSetting.init(json:))
  }
}
