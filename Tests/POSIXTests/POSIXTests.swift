import Testing

@testable import POSIX
