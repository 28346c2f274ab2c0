import ChatStore
import TestSupport

extension TemporaryFolder {
  var folder: DataFolder { DataFolder(path) }
}
