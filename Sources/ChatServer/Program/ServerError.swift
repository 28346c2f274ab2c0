package import ChatStore
package import POSIX

/// Why a server could not start or had to end, in words that say what to do.
package enum ServerError: Error, Sendable, CustomStringConvertible {
  case store(StoreError)
  /// The address for clients cannot be had.
  case listener(SocketError)
  /// The control socket cannot be had.
  case control(SocketError)
  case crypt(CryptError)
  /// So many files and sockets may be open.
  case tooFewDescriptors(Int)
  case system(String, Errno)

  package var description: String {
    switch self {
    case .store(let error): error.description
    case .listener(let failure):
      switch failure.errno {
      case .addressInUse?: "\(failure); another program has that port: stop it, or choose another with --port"
      case .addressNotAvailable?: "\(failure); choose an address of this machine with --host"
      case .permissionDenied?: "\(failure); choose a port above 1023 with --port"
      default: failure.description
      }
    case .control(let failure):
      switch (failure, failure.errno) {
      case (.pathTooLong, _): "\(failure) (--control PATH)"
      case (_, .addressInUse?):
        "\(failure); a server is listening there: stop it, or choose another path with --control"
      case (_, .fileExists?): "\(failure); something that is no socket has that name: move it, or use --control"
      default: failure.description
      }
    case .crypt(let failure): failure.description
    case .tooFewDescriptors(let count):
      "only \(count) files and sockets may be open at a time; allow at least \(Server.descriptorsMin) (ulimit -n)"
    case .system(let call, let errno): "cannot \(call): \(errno)"
    }
  }
}

/// What the program ends with: the numbers of sysexits(3). The one place that makes a status of an error.
package enum ExitStatus: Int32, Sendable {
  case ok = 0
  case usage = 64
  /// A file of the data folder cannot be understood.
  case malformedData = 65
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case notPermitted = 77
}

extension ExitStatus {
  init(_ failure: ServerError) {
    switch failure {
    case .store(let error): self.init(error)
    case .listener(let failure), .control(let failure): self.init(failure)
    case .crypt, .tooFewDescriptors, .system: self = .internalError
    }
  }

  init(_ error: StoreError) {
    switch error {
    case .malformed: self = .malformedData
    case .held: self = .unavailable
    case .cannotCreate: self = .cannotCreate
    case .notPermitted: self = .notPermitted
    case .failed: self = .internalError
    }
  }

  private init(_ failure: SocketError) {
    switch failure {
    case .unresolved: self = .unavailable
    case .pathTooLong: self = .cannotCreate
    case .failed(_, _, .addressInUse), .failed(_, _, .addressNotAvailable): self = .unavailable
    case .failed(_, _, .permissionDenied), .failed(_, _, .notPermitted): self = .notPermitted
    case .failed: self = .cannotCreate
    }
  }
}
