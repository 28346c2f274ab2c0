package import ChatStore
package import POSIX
import TLS

/// Why a server cannot start or must end, in words that say what to do.
package enum ServerError: Error, Sendable, CustomStringConvertible {
  case store(StoreError)
  /// The server cannot listen for clients.
  case listener(SocketError)
  /// The server cannot listen at the control socket.
  case control(SocketError)
  case crypt(CryptError)
  /// There is no certificate for TLS.
  case certificate(CertificateError)
  /// Only so many files and sockets may be open.
  case tooFewDescriptors(Int)
  case system(String, Errno)

  package var description: String {
    switch self {
    case .store(let error): error.description
    case .listener(let error):
      switch error.errno {
      case .addressInUse?: "\(error); another program uses that port: stop it, or choose another with --port"
      case .addressNotAvailable?: "\(error); choose an address of this machine with --host"
      case .permissionDenied?: "\(error); choose a port above 1023 with --port"
      default: error.description
      }
    case .control(let error):
      switch (error, error.errno) {
      case (.pathTooLong, _): "\(error) (--control PATH)"
      case (_, .addressInUse?):
        "\(error); a server is listening there: stop it, or choose another path with --control"
      case (_, .fileExists?): "\(error); a file that is not a socket has that name: move it, or use --control"
      default: error.description
      }
    case .crypt(let error): error.description
    case .certificate(.unusable(.library(let reason))):
      "\(reason); or let \"allow_plaintext\": true in settings.json serve other machines without encryption"
    case .certificate(let error): error.description
    case .tooFewDescriptors(let count):
      "only \(count) files and sockets may be open; allow at least \(Server.descriptorsMin) (ulimit -n)"
    case .system(let call, let errno): "cannot \(call): \(errno)"
    }
  }
}

/// The program's exit status, in the numbers of sysexits(3). The one place that makes a status of an error.
package enum ExitStatus: Int32, Sendable {
  case ok = 0
  case usage = 64
  /// A file of the data folder is malformed.
  case malformedData = 65
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case notPermitted = 77

  init(_ error: ServerError) {
    switch error {
    case .store(let error): self.init(error)
    case .listener(let error), .control(let error): self.init(error)
    case .certificate(.unreadable(_, .permissionDenied)), .certificate(.unreadable(_, .notPermitted)):
      self = .notPermitted
    case .certificate(.unusable(.library)): self = .unavailable
    case .certificate(.notWritten): self = .cannotCreate
    case .certificate: self = .malformedData
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

  private init(_ error: SocketError) {
    switch error {
    case .unresolved: self = .unavailable
    case .pathTooLong: self = .cannotCreate
    case .failed(_, _, .addressInUse), .failed(_, _, .addressNotAvailable): self = .unavailable
    case .failed(_, _, .permissionDenied), .failed(_, _, .notPermitted): self = .notPermitted
    case .failed: self = .cannotCreate
    }
  }
}
