import Glibc

extension Signal {
  /// To the thread that calls, raise(3), also where it has the signal blocked: a signal that stops has stopped and resumed the
  /// process when this returns.
  package func raiseUnblocked() throws(Errno) {
    var set = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, rawValue)
    try checkedReturn { unsafe pthread_sigmask(SIG_UNBLOCK, &set, &before) }
    raise()
    try checkedReturn { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  }
}
