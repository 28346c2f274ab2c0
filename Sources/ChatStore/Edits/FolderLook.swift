package import ChatCore

/// What a look for hand edits found, for the loop.
package struct FolderLook: Sendable {
  /// What the core is to take over, and who asked.
  package var edit: Edit
  /// Faults that were not told before.
  package var newFaults: [Fault]
  /// All that stand in edits which are not taken over.
  package var faults: [Fault]
  /// Whether somebody had asked for the files to be looked at: this is what came of it, be it nothing.
  package var wasAsked = false

  /// Whether the core has anything to do.
  package var concernsCore: Bool {
    edit.changesRows || edit.keepsRows || edit.hasWarnings || edit.settings != nil || !edit.settingsForRestart.isEmpty
      || !edit.askedBy.isEmpty
  }
}
