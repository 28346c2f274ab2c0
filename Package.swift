// swift-tools-version: 6.3
import PackageDescription

/// Every target is held to the same rules; the compiler, not a reviewer, finds what breaks them.
let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Arrows only run down: a target may name those above it in this list and no other.
let package = Package(
  name: "chat",
  products: [
    .executable(name: "chat-server", targets: ["chat-server"]),
    .executable(name: "chat", targets: ["chat"]),
    .executable(name: "chat-admin", targets: ["chat-admin"]),
    .executable(name: "chat-bench", targets: ["chat-bench"]),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    .target(name: "POSIX", dependencies: ["CLinux"], swiftSettings: rules),
    .target(name: "TLS", dependencies: ["POSIX"], swiftSettings: rules),
    .target(name: "JSON", swiftSettings: rules),
    .target(name: "Text", swiftSettings: rules),
    .target(name: "Tar", swiftSettings: rules),
    .target(name: "Terminal", dependencies: ["Text"], swiftSettings: rules),
    .target(name: "ChatProtocol", dependencies: ["JSON", "Text"], exclude: ["README.md"], swiftSettings: rules),
    .target(name: "ChatCore", dependencies: ["ChatProtocol"], swiftSettings: rules),
    .target(
      name: "ChatStore", dependencies: ["POSIX", "JSON", "Text", "ChatProtocol", "ChatCore"], swiftSettings: rules),
    .target(
      name: "ChatServer",
      dependencies: ["POSIX", "TLS", "JSON", "Text", "Tar", "Terminal", "ChatProtocol", "ChatCore", "ChatStore"],
      swiftSettings: rules),
    .executableTarget(name: "chat-server", dependencies: ["ChatServer", "POSIX"], swiftSettings: rules),
    .executableTarget(
      name: "chat", dependencies: ["POSIX", "TLS", "JSON", "Text", "Terminal", "ChatProtocol"],
      exclude: ["README.md", "screen.svg"],
      swiftSettings: rules),
    .executableTarget(
      name: "chat-admin", dependencies: ["POSIX", "JSON", "Text", "Tar", "Terminal", "ChatProtocol"], path: "admin",
      exclude: ["README.md", "chat-server.service", "completions", "fail2ban", "logrotate", "man"], swiftSettings: rules
    ),
    // Starts chat-server, which it does not import: so that building the one builds the other.
    .executableTarget(
      name: "chat-bench", dependencies: ["chat-server", "POSIX", "TLS", "JSON", "Text", "Terminal"],
      exclude: ["README.md"], swiftSettings: rules),

    .target(
      name: "TestSupport", dependencies: ["POSIX", "Tar", "Terminal"], path: "Tests/TestSupport", swiftSettings: rules),
    .testTarget(name: "POSIXTests", dependencies: ["POSIX", "TestSupport"], swiftSettings: rules),
    .testTarget(name: "TLSTests", dependencies: ["TLS", "POSIX", "TestSupport"], swiftSettings: rules),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: rules),
    .testTarget(
      name: "ChatProtocolTests", dependencies: ["ChatProtocol", "JSON", "Text", "TestSupport"], swiftSettings: rules),
    .testTarget(
      name: "ChatCoreTests", dependencies: ["ChatCore", "ChatProtocol", "POSIX", "TestSupport"], swiftSettings: rules),
    .testTarget(
      name: "ChatClientTests",
      dependencies: ["chat", "POSIX", "TLS", "JSON", "Text", "Terminal", "ChatProtocol", "TestSupport"],
      swiftSettings: rules),
    .testTarget(
      name: "ChatStoreTests",
      dependencies: ["ChatStore", "POSIX", "JSON", "Text", "ChatProtocol", "ChatCore", "TestSupport"],
      swiftSettings: rules),
    .testTarget(name: "TarTests", dependencies: ["Tar", "TestSupport"], swiftSettings: rules),
    .testTarget(name: "TextTests", dependencies: ["Text", "TestSupport"], swiftSettings: rules),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal", "TestSupport"], swiftSettings: rules),
    .testTarget(
      name: "ChatServerTests",
      dependencies: [
        "chat-server", "ChatServer", "Terminal", "POSIX", "TLS", "JSON", "ChatProtocol", "ChatCore", "ChatStore",
        "TestSupport",
      ], swiftSettings: rules),
    .testTarget(
      name: "ScenarioTests",
      dependencies: ["ChatServer", "POSIX", "JSON", "ChatProtocol", "ChatCore", "ChatStore", "TestSupport"],
      path: "Tests/Scenarios/Runner", swiftSettings: rules),
    .testTarget(name: "DocumentationTests", dependencies: ["POSIX"], swiftSettings: rules),
    .testTarget(
      name: "CrashTests", dependencies: ["chat-server", "chat-admin", "ChatProtocol", "POSIX", "JSON", "TestSupport"],
      swiftSettings: rules),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "chat-server", "chat", "chat-admin", "POSIX", "TLS", "JSON", "ChatProtocol", "ChatCore", "ChatStore",
        "TestSupport",
      ], swiftSettings: rules),
    .testTarget(
      name: "ChatBenchTests", dependencies: ["chat-bench", "chat-server", "POSIX", "TLS", "JSON", "Terminal"],
      swiftSettings: rules),
    .testTarget(
      name: "ChatAdminTests",
      dependencies: ["chat-admin", "POSIX", "JSON", "Text", "Tar", "Terminal", "ChatProtocol", "TestSupport"],
      swiftSettings: rules),
  ]
)
