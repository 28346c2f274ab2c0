import Glibc

/// The system's accounts, passwd(5).
package enum UserDatabase {
  /// The login name of a user id, getpwuid_r(3), or nil where nobody has it or the database cannot be asked.
  package static func name(of userID: UInt32) -> String? {
    // An entry may be of any length; the call says ERANGE while the memory for its strings is too small.
    var room = 1024
    while room <= 1 << 20 {
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      var strings = [CChar](repeating: 0, count: room)
      let (code, name): (CInt, String?) = unsafe strings.withUnsafeMutableBufferPointer { buffer in
        let code = unsafe getpwuid_r(userID, &entry, buffer.baseAddress!, buffer.count, &found)
        // The entry points into `buffer`, so the name is copied while that lives.
        return unsafe (code, found.map { unsafe String(cString: $0.pointee.pw_name) })
      }
      if code != ERANGE { return code == 0 ? name : nil }
      room *= 4
    }
    return nil
  }
}
