import ChatStore
import POSIX

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
