/// `--fsync`: when what was written is made to outlast a loss of power. That the process dies costs nothing under any.
package enum SyncPolicy: String, CaseIterable, Sendable {
  /// Before anything is delivered.
  case always
  /// Messages within about a second.
  case everysec
  /// When the system sees fit.
  case no
}
