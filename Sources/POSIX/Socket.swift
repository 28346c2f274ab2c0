import Glibc

/// Opens sockets. The operations of an open socket are extensions of `FileDescriptor`.
package enum Socket {
  /// A listening TCP socket, non-blocking. `host` is a numeric IPv4 or IPv6 address or a name; its first address that can be bound
  /// is used. Port 0 means any free port, see `localAddress`. SO_REUSEADDR lets a restarted server bind its port at once; the port
  /// of a running server is still refused.
  package static func listen(
    host: String, port: UInt16, backlog: Int32 = 1024
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: true)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "listen on", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
      // Urgent data, such as Telnet's, stays among the other bytes of an accepted connection.
      try descriptor.setOption(SOL_SOCKET, SO_OOBINLINE, 1)
      _ = try checked { unsafe bind(descriptor.rawValue, address, length) }
      _ = try checked { Glibc.listen(descriptor.rawValue, backlog) }
    }
  }

  /// A connected TCP socket, blocking. Each of the host's addresses is tried in turn for at most the timeout.
  package static func connect(
    host: String, port: UInt16, timeoutMilliseconds: Int32 = 10_000
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: false)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "connect to", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      do throws(Errno) {
        // An interrupted connect(2) continues in the background; poll(2) reports its end in both cases.
        _ = try checked(retryingInterrupts: false) { unsafe Glibc.connect(descriptor.rawValue, address, length) }
      } catch {
        if error != .inProgress && error != .interrupted { throw error }
        guard try descriptor.waitUntilWritable(timeoutMilliseconds: timeoutMilliseconds) else { throw .timedOut }
        let failure = try descriptor.option(SOL_SOCKET, SO_ERROR)
        if failure != 0 { throw Errno(rawValue: failure) }
      }
      try descriptor.setNonBlocking(false)
    }
  }

  /// A non-blocking TCP socket that is connecting to the first of the host's addresses. It becomes writable once connected;
  /// the first read or write throws the error of a failed connection. `source` is the local numeric address: one address can have
  /// 28,231 connections to one port, ip(7), and the loopback has sixteen million addresses.
  package static func beginConnecting(
    host: String, port: UInt16, from source: String? = nil
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: false)
    let sources: AddressList? = if let source { try AddressList(host: source, port: 0, passive: true) } else { nil }
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "connect to", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      try unsafe sources?.withFirst { (address, length) throws(Errno) in
        _ = try checked { unsafe bind(descriptor.rawValue, address, length) }
      }
      do throws(Errno) {
        _ = try checked { unsafe Glibc.connect(descriptor.rawValue, address, length) }
      } catch {
        if error != .inProgress { throw error }
      }
    }
  }

  /// socketpair(2): two connected stream sockets of the unix(7) family, blocking.
  package static func pair() throws(Errno) -> SocketPair {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try unsafe withUnsafeMutableBytes(of: &ends) { (bytes) throws(Errno) in
      // A homogeneous tuple has the layout of the array that socketpair(2) fills.
      try checked {
        unsafe socketpair(
          AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0,
          bytes.assumingMemoryBound(to: CInt.self).baseAddress!)
      }
    }
    return SocketPair(first: FileDescriptor(owning: ends.0), second: FileDescriptor(owning: ends.1))
  }
}

/// The result of `Socket.pair`. Frozen, so that other modules may take it apart.
@frozen package struct SocketPair: ~Copyable {
  package let first: FileDescriptor
  package let second: FileDescriptor
}

/// Why a socket could not be opened, in words for the user who typed the address.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// getaddrinfo(3) found no address for the host; `reason` is its message.
  case unresolved(host: String, reason: String)
  /// A path of unix(7) has at most 107 bytes.
  case pathTooLong(path: String, bytesMax: Int)
  /// A system call failed: `call` in words, with `address`.
  case failed(call: String, address: String, Errno)

  /// The error of the system call, if one failed.
  package var errno: Errno? {
    if case .failed(_, _, let errno) = self { errno } else { nil }
  }

  package var description: String {
    switch self {
    case .unresolved(let host, let reason):
      "no address found for \(host): \(reason)"
    case .pathTooLong(let path, let bytesMax):
      "the socket path \(path) has \(path.utf8.count) bytes, the system takes \(bytesMax): use a shorter one"
    case .failed(let call, let address, let errno):
      "cannot \(call) \(address): \(errno)"
    }
  }
}

/// An internet address and port. The text is canonical: RFC 5952 for IPv6, and IPv4 for an IPv4
/// address of an IPv6 socket.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  package let ip: String
  package let port: UInt16

  package init(ip: String, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// `127.0.0.1:7777`, `[::1]:7777`.
  package var description: String { ip.contains(":") && !ip.hasPrefix("[") ? "[\(ip)]:\(port)" : "\(ip):\(port)" }

  /// Whether only this machine reaches the address: 127.0.0.0/8 or ::1. For a numeric `ip`.
  package var isLoopback: Bool { ip == "::1" || (ip.hasPrefix("127.") && !ip.contains { $0 != "." && !$0.isNumber }) }

  /// From a call such as accept(2). An empty ip and port 0 for another family than the internet's.
  init(_ storage: sockaddr_storage) {
    // A sockaddr_storage may be read as the address of the family it names.
    unsafe self = withUnsafeBytes(of: storage) { bytes in
      switch CInt(storage.ss_family) {
      case AF_INET:
        let address = unsafe bytes.load(as: sockaddr_in.self)
        return PeerAddress(
          ip: PeerAddress.text(AF_INET, address.sin_addr, length: INET_ADDRSTRLEN),
          port: UInt16(bigEndian: address.sin_port))
      case AF_INET6:
        let address = unsafe bytes.load(as: sockaddr_in6.self)
        let text = PeerAddress.text(AF_INET6, address.sin6_addr, length: INET6_ADDRSTRLEN)
        let mapped = "::ffff:"
        let isMapped = text.hasPrefix(mapped) && text.contains(".")
        return PeerAddress(
          ip: isMapped ? String(text.dropFirst(mapped.count)) : text, port: UInt16(bigEndian: address.sin6_port))
      default:
        return PeerAddress(ip: "", port: 0)
      }
    }
  }

  private static func text<Address>(_ family: CInt, _ address: Address, length: CInt) -> String {
    var text = [CChar](repeating: 0, count: Int(length))
    let filled = unsafe withUnsafeBytes(of: address) { bytes in
      unsafe inet_ntop(family, bytes.baseAddress, &text, socklen_t(length)) != nil
    }
    precondition(filled, "the buffer is as long as inet_ntop(3) asks for")
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// The addresses of a host and port, getaddrinfo(3), in its order.
@safe private struct AddressList: ~Copyable {
  private let first: UnsafeMutablePointer<addrinfo>

  /// `host` is a numeric IPv4 or IPv6 address, with or without brackets, or a name; `passive` is for listening.
  init(host: String, port: UInt16, passive: Bool) throws(SocketError) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.contains(":")
    let bare = isBracketed ? String(host.dropFirst().dropLast()) : host
    let code = unsafe getaddrinfo(bare, String(port), &hints, &list)
    if code == EAI_SYSTEM { throw .failed(call: "resolve", address: host, .current) }
    guard code == 0, let list = unsafe list else {
      throw .unresolved(host: host, reason: unsafe String(cString: gai_strerror(code)))
    }
    unsafe first = list
  }

  deinit { unsafe freeaddrinfo(first) }

  func withFirst(_ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void) throws(Errno) {
    try unsafe body(first.pointee.ai_addr, first.pointee.ai_addrlen)
  }

  /// A socket for the first address with which `attempt` succeeds; if none does, throws the last one's error.
  /// `attempt` gets a new socket (close-on-exec, with `flags`) and the address.
  func firstSocket(
    flags: __socket_type, call: String, address: String,
    _ attempt: (borrowing FileDescriptor, UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void
  ) throws(SocketError) -> FileDescriptor {
    var failure = Errno.addressNotAvailable
    var next: UnsafeMutablePointer<addrinfo>? = unsafe first
    while let candidate = unsafe next {
      unsafe next = candidate.pointee.ai_next
      do throws(Errno) {
        let family = unsafe candidate.pointee.ai_family
        let descriptor = try FileDescriptor.stream(family: family, flags: flags)
        try unsafe attempt(descriptor, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen)
        return descriptor
      } catch {
        failure = error
      }
    }
    throw .failed(call: call, address: address, failure)
  }
}

extension FileDescriptor {
  /// socket(2): a stream socket of the family, closed on exec.
  static func stream(family: CInt, flags: __socket_type = __socket_type(0)) throws(Errno) -> FileDescriptor {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | flags.rawValue)
    return FileDescriptor(owning: try checked { socket(family, type, 0) })
  }
}
