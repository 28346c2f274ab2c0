/// A file as a person left it, next to the document that it was before.
struct RevisedFile<Document: EditedDocument>: Sendable {
  var document: Document
  /// The rows that do not stand in the former document byte for byte, in their order. Some of them may say the same.
  var rows: [Document.Row]
  /// The keys of those that are not there any more.
  var gone: [String]
  /// What is wrong with the file; then the rest is of no use.
  var faults: [Fault] = []
}
