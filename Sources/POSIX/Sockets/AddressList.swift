import Glibc

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
