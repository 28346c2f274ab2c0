/// A certificate authority of the tests, a certificate of it for `chat.example.org`, `localhost` and 127.0.0.1, and its key. All are
/// valid until 2119. Nothing else uses or trusts them.
package enum TestCertificates {
  package static let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBkzCCATmgAwIBAgIUOzF92q0BkLU8XhJ/pOcAk1DoUjgwCgYIKoZIzj0EAwIw
    HjEcMBoGA1UEAwwTY2hhdCB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBa
    GA8yMTE5MTIwODAwMDAwMFowHjEcMBoGA1UEAwwTY2hhdCB0ZXN0IGF1dGhvcml0
    eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGP6l6Oxzs9Wo+eAa1jg6tnYV2sx
    tMIkuTC7qDlfKCVRZOgJ6EmfoehKvIw/zgzKP6AhwpYV06qhxZxTmbzNsZyjUzBR
    MB0GA1UdDgQWBBQDTylhJKdXJJMYzDCc+ITOSPYNODAfBgNVHSMEGDAWgBQDTylh
    JKdXJJMYzDCc+ITOSPYNODAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gA
    MEUCIQC9Kj1P46H3zAMGkvLqSBCbE1qu66aNYDOTZlbgAZtbxgIgeDvJamPwLf8D
    gaYYDnzd7ujkfKthoX/xsaBphtCnMl0=
    -----END CERTIFICATE-----
    """

  package static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBtzCCAV6gAwIBAgIULHaYb/orB0N/m88gv4V33Oj4edowCgYIKoZIzj0EAwIw
    HjEcMBoGA1UEAwwTY2hhdCB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBa
    GA8yMTE5MTIwODAwMDAwMFowGzEZMBcGA1UEAwwQY2hhdC5leGFtcGxlLm9yZzBZ
    MBMGByqGSM49AgEGCCqGSM49AwEHA0IABBtfJ3MM6tg55r7Lkq/dFHnzy8i36iox
    Cla0l+A4ancvA2DiN0OhOsoClo+Tg55YT94J/mQshL3q8+xC+WhjYx6jezB5MCwG
    A1UdEQQlMCOCEGNoYXQuZXhhbXBsZS5vcmeCCWxvY2FsaG9zdIcEfwAAATAJBgNV
    HRMEAjAAMB0GA1UdDgQWBBQo31Rcqqn44Sucro1REIwSIUpvTDAfBgNVHSMEGDAW
    gBQDTylhJKdXJJMYzDCc+ITOSPYNODAKBggqhkjOPQQDAgNHADBEAiAyfrTJQ4fe
    i9TL873pJkz+8VIZ1AgwqxPHIEgQJca35QIgOj/K/RoulS3tSJn00p9q52j1qhu0
    v49F7tpYQyEXGBs=
    -----END CERTIFICATE-----
    """

  package static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgq5j8PWXLHZRYLVeA
    6ACyQt81UGAlAfmWk4yZ5AZLgXyhRANCAAQbXydzDOrYOea+y5Kv3RR588vIt+oq
    MQpWtJfgOGp3LwNg4jdDoTrKApaPk4OeWE/eCf5kLIS96vPsQvloY2Me
    -----END PRIVATE KEY-----
    """

  /// The same key, encrypted with a password.
  package static let encryptedKey = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiS7YMKRE/qLgICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEID3ToClKF7Gu8VqBvYOF7sEgZCF
    zQkROXuAYIMWcdp/gGTzNXh7K2FKlZi9oV6wXYVdtbpGYUmBFJNZOBsyy6p96Unj
    smSjFJt4CK++bJIi1rADAOODYcHz/flW5Vt1TgXUsVeOipbwVzAq0H8xk39UoDVQ
    8f1fd+jMdWs9L4en2Gp64SeTD5tRq/+dm3ZUKkSmyZzb283MRxEhvHwEMeAa090=
    -----END ENCRYPTED PRIVATE KEY-----
    """

  /// The certificate and who issued it, as a server needs them.
  package static var chain: String { certificate + "\n" + authority + "\n" }
}
