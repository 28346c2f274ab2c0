import Glibc

/// Opening sockets. What an open one does stands in the extension of `FileDescriptor` beside this.
package enum Socket {
  /// A listening TCP socket, non-blocking. `host` is a numeric IPv4 or IPv6 address or a name, of which the first
  /// address that can be bound is taken; port 0 takes any free one, which `localAddress` then tells.
  /// SO_REUSEADDR lets a restarted server have its port back at once; a live one's is still refused.
  package static func listen(
    host: String, port: UInt16, backlog: Int32 = 1024
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: true)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "listen on", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
      // Urgent data, such as Telnet's, stays among the other bytes of a connection that is accepted.
      try descriptor.setOption(SOL_SOCKET, SO_OOBINLINE, 1)
      _ = try checked { unsafe bind(descriptor.rawValue, address, length) }
      _ = try checked { Glibc.listen(descriptor.rawValue, backlog) }
    }
  }

  /// A connected TCP socket, blocking. Each of the host's addresses is tried in turn for at most `timeout_ms`.
  package static func connect(
    host: String, port: UInt16, timeout_ms: Int32 = 10_000
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: false)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "connect to", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      do throws(Errno) {
        // An interrupted connect(2) goes on by itself; poll(2) tells how it ends in both cases.
        _ = try checked(retryingInterrupts: false) { unsafe Glibc.connect(descriptor.rawValue, address, length) }
      } catch {
        if error != .inProgress && error != .interrupted { throw error }
        try descriptor.awaitConnection(timeout_ms: timeout_ms)
      }
      try descriptor.setNonBlocking(false)
    }
  }

  /// A TCP socket that is being connected to the first of the host's addresses, non-blocking: it is writable once it is,
  /// and the first read or write throws how it failed. `source` is this end's numeric address: from one address to one port
  /// there are 28,231 connections at most, ip(7), and the loopback has sixteen million addresses.
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

  /// Two connected stream sockets of the unix(7) family, blocking: socketpair(2).
  package static func pair() throws(Errno) -> SocketPair {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try unsafe withUnsafeMutableBytes(of: &ends) { (bytes) throws(Errno) in
      // A homogeneous tuple is laid out as the array that socketpair(2) fills.
      try checked {
        unsafe socketpair(
          AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0,
          bytes.assumingMemoryBound(to: CInt.self).baseAddress!)
      }
    }
    return SocketPair(first: FileDescriptor(owning: ends.0), second: FileDescriptor(owning: ends.1))
  }
}

/// What `Socket.pair` makes. Frozen, so that other modules may take it apart.
@frozen package struct SocketPair: ~Copyable {
  package let first: FileDescriptor
  package let second: FileDescriptor
}

extension FileDescriptor {
  /// Waits until a connect(2) that goes on in the background has ended, and throws how if it failed.
  fileprivate func awaitConnection(timeout_ms: Int32) throws(Errno) {
    guard try wait(for: Int16(POLLOUT), timeout_ms: timeout_ms) else { throw .timedOut }
    let failure = try option(SOL_SOCKET, SO_ERROR)
    if failure != 0 { throw Errno(rawValue: failure) }
  }
}

/// What getaddrinfo(3) found for a host and port, to be tried in its order.
@safe struct AddressList: ~Copyable {
  private let first: UnsafeMutablePointer<addrinfo>

  /// `host` is a numeric IPv4 or IPv6 address or a name, an IPv6 address with or without the brackets that a port behind it
  /// needs; `passive` is for listening.
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

  deinit {
    unsafe freeaddrinfo(first)
  }

  /// The first one.
  func withFirst(_ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void) throws(Errno) {
    try unsafe body(first.pointee.ai_addr, first.pointee.ai_addrlen)
  }

  /// What `attempt` makes of the first address that it can use; when it can use none, the last one's error.
  /// `attempt` gets a fresh socket (close-on-exec, with `flags`) and the address; on failure it closes by itself.
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

/// Why a socket could not be opened, in words fit for the person who typed the address.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// getaddrinfo(3) knows no address for the host; `reason` is its own sentence.
  case unresolved(host: String, reason: String)
  /// unix(7) gives a path 107 bytes at most.
  case pathTooLong(path: String, bytes_max: Int)
  /// A system call on the way failed; `call` is its name, `address` what it was tried with.
  case failed(call: String, address: String, Errno)

  /// What the system said, where it was the system.
  package var errno: Errno? {
    if case .failed(_, _, let errno) = self { errno } else { nil }
  }

  package var description: String {
    switch self {
    case .unresolved(let host, let reason):
      "no address found for \(host): \(reason)"
    case .pathTooLong(let path, let bytes_max):
      "the socket path \(path) has \(path.utf8.count) bytes, the system takes \(bytes_max): use a shorter one"
    case .failed(let call, let address, let errno):
      "cannot \(call) \(address): \(errno)"
    }
  }
}

/// An internet address and port, as text that is the same for the same address: RFC 5952 for IPv6, and an IPv4
/// address that came in through an IPv6 socket as IPv4.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  package let ip: String
  package let port: UInt16

  package init(ip: String, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// `127.0.0.1:7777`, `[::1]:7777`.
  package var description: String {
    ip.contains(":") && !ip.hasPrefix("[") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
  }

  /// What a call such as accept(2) filled in; of another family than the internet's, an empty ip and port 0.
  init(_ storage: sockaddr_storage) {
    // A sockaddr_storage is made to be read as the address of the family it names.
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
