import Glibc

/// Makes a system call that answers -1 and sets errno when it fails; by default again while signals interrupt it.
/// The one place where errno becomes a thrown value.
func checked<Value: FixedWidthInteger & SignedInteger>(
  retryingInterrupts: Bool = true, _ call: () -> Value
) throws(Errno) -> Value {
  while true {
    let value = call()
    if value != -1 { return value }
    let failure = Errno.current
    if failure != .interrupted || !retryingInterrupts { throw failure }
  }
}

/// `checked` for calls on non-blocking descriptors: nil says that the call would have to wait.
func checkedUnlessBlocking<Value: FixedWidthInteger & SignedInteger>(_ call: () -> Value) throws(Errno) -> Value? {
  do {
    return try checked(call)
  } catch .wouldBlock {
    return nil
  }
}

/// For the pthread calls, which return their error instead of setting errno.
func checkedReturn(_ call: () -> CInt) throws(Errno) {
  let code = call()
  if code != 0 { throw Errno(rawValue: code) }
}
