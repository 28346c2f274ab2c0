import POSIX

/// One connection of a load.
final class Client {
  /// Its place in the swarm, and its name at the poller.
  let index: Int
  let descriptor: FileDescriptor
  let name: String
  let room: Int
  let wire: Wire
  let sends: Bool
  let reads: Bool
  /// Whether anything has come from the server.
  var isHeard = false
  var isReady = false
  /// The beginning of a line whose end has not come.
  var partial: [UInt8] = []
  /// What is to be sent at the end of this turn, or what the kernel did not take.
  var output: [UInt8] = []
  /// From the beginning: a connection that is still being made is writable once it is.
  var isAwaitingWritable = true

  init(
    _ descriptor: consuming FileDescriptor, index: Int, name: String, room: Int, wire: Wire, sends: Bool, reads: Bool
  ) {
    self.descriptor = descriptor
    self.index = index
    self.name = name
    self.room = room
    self.wire = wire
    self.sends = sends
    self.reads = reads
  }
}
