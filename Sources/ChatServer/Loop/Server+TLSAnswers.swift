import ChatCore
import ChatProtocol
import POSIX
import TLS

// Answers to `tls show` and `tls generate`.
extension Server {
  /// The certificate that new connections get; nil if the server speaks no TLS.
  var certificateInForce: ControlTLS? {
    guard let certificate = certificates.context?.certificate, let files = certificates.files else { return nil }
    return ControlTLS(
      fingerprint: certificate.fingerprint, names: certificate.names, issuer: certificate.issuer,
      notBefore: Timestamp(milliseconds: certificate.notBefore * 1000),
      notAfter: Timestamp(milliseconds: certificate.notAfter * 1000), source: files.certificate,
      isSelfSigned: certificate.isSelfSigned, problem: certificates.problem)
  }

  func answerTLS(_ request: ControlID, _ action: ControlTLSRequest) {
    guard let current = certificateInForce, let files = certificates.files else {
      let reason = certificates.problem ?? "the server listens on loopback only"
      control.reply(request, .failure(ControlError(.noCertificate, "no certificate is in force: \(reason)")))
      return
    }
    switch action {
    case .show: control.reply(request, .success(.tls(current)))
    case .generate where !files.isOwn:
      control.reply(
        request,
        .failure(
          ControlError(
            .noCertificate,
            "the server presents \(files.certificate), which settings.json names: renew it there, or remove tls_certificate "
              + "and tls_key for one that the server makes")))
    case .generate(isDry: true): control.reply(request, .success(.wouldBe(.tls(current))))
    case .generate(isDry: false):
      let completion = Completion(inbox, ifDropped: .controlWorkDropped(request))
      // Writing and syncing files may take long. Without a thread the request is answered as at a stop.
      _ = try? HelperThread {
        completion.finish(.certificateMade(request, Result { () throws(CertificateError) in try files.renew() }))
      }
    }
  }

  func certificateMade(_ request: ControlID, _ result: Result<TLSContext, CertificateError>) {
    switch result {
    case .success:
      takeCertificate(result)
      control.reply(request, certificateInForce.map { .success(.tls($0)) } ?? .failure(ControlError(.stopping, "")))
    case .failure(let error): control.reply(request, .failure(ControlError(.saveFailed, error.description)))
    }
  }
}
