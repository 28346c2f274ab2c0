import ChatCore
import ChatProtocol

// Answers to `tls show` and `tls generate`.
extension Server {
  func answerTLS(_ request: ControlID, _ action: ControlTLSRequest) {
    control.reply(
      request,
      .failure(ControlError(.noCertificate, "no certificate is in force: the server listens on loopback only")))
  }
}
