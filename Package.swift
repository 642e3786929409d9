// swift-tools-version:6.2
import PackageDescription

// Folders are the layers, and arrows go down only; scripts/check-layers holds the build to it.
// docs/architecture.md says what each layer may know.

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

enum Layer: String {
    case system = "System"
    case formats = "Formats"
    case core = "Core"
    case adapters = "Adapters"
    case agent = "Agent"
    case counterparts = "Counterparts"
    case tools = "Tools"
}

func module(_ layer: Layer, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(layer.rawValue)/\(name)",
        swiftSettings: swiftSettings
    )
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Sources/Tools/\(name)",
        swiftSettings: swiftSettings
    )
}

func tests(
    _ name: String, _ path: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(path)",
        exclude: exclude,
        swiftSettings: swiftSettings
    )
}

func benchmark(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Benchmarks/\(folder)",
        swiftSettings: swiftSettings
    )
}

extension Target.Dependency {
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let x509 = product(name: "X509", package: "swift-certificates")
    static let asn1 = product(name: "SwiftASN1", package: "swift-asn1")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let logging = product(name: "Logging", package: "swift-log")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTLS = product(name: "HummingbirdTLS", package: "hummingbird")
}

let package = Package(
    name: "corhub",
    products: [
        .executable(name: "corhub", targets: ["corhub"]),
        .executable(name: "corone-sim", targets: ["corone-sim"]),
        .executable(name: "corhub-upstream", targets: ["corhub-upstream"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System: C module maps and shims, no logic.
        .systemLibrary(
            name: "CSQLite", path: "Sources/System/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CLibUSB", path: "Sources/System/CLibUSB", pkgConfig: "libusb-1.0",
            providers: [.apt(["libusb-1.0-0-dev"])]
        ),
        .target(name: "CBluetooth", path: "Sources/System/CBluetooth"),
        .target(name: "CHubShim", path: "Sources/System/CHubShim"),
        .target(name: "CTOML", path: "Sources/System/CTOML"),
        // And small files that outlive a loss of power, and threads for calls that block, for all that have some.
        module(.system, "DurableFiles", ["CHubShim"]),
        module(.system, "Threads", ["CHubShim"]),

        // Formats: bytes ⇄ values; pure.
        module(.formats, "CBORCoding", []),
        module(.formats, "JSONCoding", []),
        module(.formats, "TextEncodings", []),
        module(.formats, "CivilCalendar", []),
        module(.formats, "COSESigning", ["CBORCoding", .crypto]),
        module(.formats, "SMPProtocol", ["TextEncodings", "CBORCoding"]),
        module(.formats, "USBProtocol", []),
        module(.formats, "BluetoothProtocol", ["CBORCoding", "TextEncodings"]),
        module(.formats, "CORProtocol", ["CBORCoding", "COSESigning", "TextEncodings", .crypto]),
        module(.formats, "MCUbootImage", ["TextEncodings", .crypto]),
        module(.formats, "TUFMetadata", ["CivilCalendar", "TextEncodings", .crypto, .cryptoExtras]),
        module(
            .formats, "FirmwareRollout", ["CORProtocol", "JSONCoding", "MCUbootImage", "TUFMetadata", .crypto]),
        module(.formats, "ESTProtocol", ["TextEncodings", .asn1]),

        // Core: decisions; events in, effects out.
        module(.core, "ESRAnalysis", ["TextEncodings", .crypto]),
        module(
            .core, "HubCore",
            [
                "TextEncodings", "CBORCoding", "COSESigning", "SMPProtocol", "USBProtocol", "BluetoothProtocol",
                "CORProtocol", "MCUbootImage", "FirmwareRollout", "CivilCalendar", "ESRAnalysis",
                .crypto,
            ]),

        // Adapters: touch the world, decide nothing.
        module(
            .adapters, "DeviceLinks",
            [
                "HubCore", "CBORCoding", "CORProtocol", "SMPProtocol", "USBProtocol", "BluetoothProtocol", "CLibUSB",
                "CBluetooth", "DurableFiles", "Threads", .nioCore, .nioPosix,
            ]),
        module(
            .adapters, "HubStore",
            [
                "HubCore", "CBORCoding", "CORProtocol", "CSQLite", "DurableFiles", "TextEncodings",
                "Threads", .crypto,
            ]),
        module(
            .adapters, "KeyStore",
            [
                "HubCore", "COSESigning", "CORProtocol", "JSONCoding", "MCUbootImage", "DurableFiles", "TextEncodings",
                .crypto, .x509, .asn1,
            ]),
        module(
            .adapters, "UpstreamClient",
            [
                "HubCore", "CORProtocol", "ESTProtocol", "JSONCoding",
                .crypto, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS,
            ]),
        module(.adapters, "TUFUpdater", ["HubCore", "CORProtocol", "TUFMetadata", "DurableFiles", .crypto]),

        // Agent: wires.
        module(
            .agent, "HubAgent",
            [
                "HubCore", "ESRAnalysis", "CBORCoding", "COSESigning", "SMPProtocol", "CORProtocol", "JSONCoding",
                "MCUbootImage", "TUFMetadata", "FirmwareRollout", "TextEncodings",
                "DeviceLinks", "HubStore", "KeyStore", "UpstreamClient", "TUFUpdater", "DurableFiles", "CHubShim",
                "CTOML",
                .crypto, .nioCore, .nioPosix, .nioHTTP1, .logging, .serviceLifecycle, .unixSignals,
            ]),

        // Counterparts: the other ends; they share Formats with the hub, never its behaviour.
        module(
            .counterparts, "DeviceSimulator",
            [
                "CBORCoding", "JSONCoding", "COSESigning", "SMPProtocol", "USBProtocol", "CORProtocol",
                "CivilCalendar", "DurableFiles",
                .crypto, .x509, .asn1, .nioCore, .nioPosix,
            ]),
        module(
            .counterparts, "UpstreamServer",
            [
                "CBORCoding", "COSESigning", "CORProtocol", "ESTProtocol", "FirmwareRollout", "JSONCoding", "CSQLite",
                "DurableFiles", "TextEncodings", .crypto, .x509, .asn1, .nioCore, .nioPosix, .nioSSL, .hummingbird,
                .hummingbirdCore,
                .hummingbirdTLS, .logging, .serviceLifecycle,
            ]),

        module(
            .counterparts, "FirmwarePublisher",
            [
                "CORProtocol", "FirmwareRollout", "JSONCoding", "MCUbootImage", "TUFMetadata", "TextEncodings",
                "DurableFiles",
                .crypto,
            ]),

        // Tools: only they name everything.
        tool(
            "corhub",
            [
                "HubAgent", "HubCore", "ESRAnalysis", "CBORCoding", "COSESigning", "SMPProtocol", "BluetoothProtocol",
                "CORProtocol", "JSONCoding", "CivilCalendar", "MCUbootImage", "DeviceLinks", "UpstreamClient",
                "TextEncodings", "DurableFiles", "CHubShim",
                .asn1, .argumentParser, .logging, .nioCore, .nioPosix, .unixSignals,
            ]),
        tool(
            "corone-sim",
            ["DeviceSimulator", "CORProtocol", "JSONCoding", "DurableFiles", .argumentParser, .nioCore, .nioPosix]),
        tool(
            "corhub-upstream",
            [
                "UpstreamServer", "FirmwarePublisher", "CORProtocol", "FirmwareRollout", "JSONCoding", "MCUbootImage",
                .asn1, .x509, .argumentParser, .serviceLifecycle, .unixSignals, .logging,
            ]),

        // For tests only: drives the TUF client as conformance suites want it.
        tool("tuf-client", ["TextEncodings", "TUFMetadata", "TUFUpdater", "UpstreamClient", .argumentParser]),

        // Benchmarks, beside their peers.
        benchmark("bench-store", "StoreIngest", ["HubStore", "HubCore", "CORProtocol", "CSQLite"]),
        benchmark(
            "bench-forward", "Forwarding",
            ["COSESigning", "CORProtocol", "DeviceSimulator", "HubCore", "HubStore", "KeyStore", "UpstreamClient"]),
        benchmark(
            "bench-link", "DeviceLink",
            ["CBORCoding", "CORProtocol", "COSESigning", "DeviceLinks", "HubCore", "SMPProtocol", .nioPosix]),
        benchmark(
            "bench-tuf", "TUFRefresh", ["TUFMetadata", "TUFUpdater", "UpstreamClient", .nioCore, .nioHTTP1, .nioPosix]),
        benchmark("bench-codecs", "Codecs", ["CBORCoding", "ESRAnalysis"]),

        // Tests mirror Sources. What several of them need:
        .target(
            name: "TestSupport", dependencies: ["CBORCoding"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .target(name: "PeerFixtures", path: "Tests/Adapters/PeerFixtures", swiftSettings: swiftSettings),
        .executableTarget(
            name: "firmware-rig",
            dependencies: [
                "HubCore", "CBORCoding", "CORProtocol", "DeviceLinks", "MCUbootImage", "SMPProtocol", .crypto,
                .nioPosix,
            ],
            path: "Tests/Integration/FirmwareRig", swiftSettings: swiftSettings),
        .executableTarget(
            name: "store-writer", dependencies: ["HubStore", "HubCore", "CORProtocol"],
            path: "Tests/Crash/StoreWriter", swiftSettings: swiftSettings),
        .executableTarget(
            name: "file-writer", dependencies: ["DurableFiles"], path: "Tests/Crash/FileWriter",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "flip-judge",
            dependencies: ["HubCore", "CBORCoding", "CORProtocol", "COSESigning", .crypto, .x509, .asn1],
            path: "Tests/Crash/FlipJudge", swiftSettings: swiftSettings),

        .target(
            name: "Simulation",
            dependencies: [
                "HubCore", "ESRAnalysis", "COSESigning", "SMPProtocol", "CORProtocol", "FirmwareRollout",
                "JSONCoding", "MCUbootImage", "DeviceSimulator", "UpstreamServer", "FirmwarePublisher", "TestSupport",
                .crypto,
            ], path: "Tests/Simulation/Simulation", swiftSettings: swiftSettings),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Program",
            swiftSettings: swiftSettings),

        tests("DurableFilesTests", "System/DurableFilesTests", ["DurableFiles", "file-writer"]),
        tests("ThreadsTests", "System/ThreadsTests", ["Threads"]),
        tests("CBORCodingTests", "Formats/CBORCodingTests", ["CBORCoding", "JSONCoding", "TestSupport"]),
        tests(
            "COSESigningTests", "Formats/COSESigningTests",
            ["COSESigning", "CBORCoding", "JSONCoding", "TestSupport", .crypto]),
        tests("JSONCodingTests", "Formats/JSONCodingTests", ["JSONCoding", "TestSupport"]),
        tests("TextEncodingsTests", "Formats/TextEncodingsTests", ["TextEncodings"]),
        tests("CivilCalendarTests", "Formats/CivilCalendarTests", ["CivilCalendar"]),
        tests(
            "ESTProtocolTests", "Formats/ESTProtocolTests", ["ESTProtocol", "PeerFixtures", "TestSupport"]),
        tests("SMPProtocolTests", "Formats/SMPProtocolTests", ["SMPProtocol", "CBORCoding"]),
        tests("USBProtocolTests", "Formats/USBProtocolTests", ["USBProtocol", "CORProtocol"]),
        tests(
            "BluetoothProtocolTests", "Formats/BluetoothProtocolTests",
            ["BluetoothProtocol", "CBORCoding", "TestSupport"]),
        tests(
            "CORProtocolTests", "Formats/CORProtocolTests",
            ["CORProtocol", "CBORCoding", "COSESigning", "JSONCoding", "TestSupport", .crypto, .x509, .asn1]),
        tests(
            "MCUbootImageTests", "Formats/MCUbootImageTests",
            ["MCUbootImage", "JSONCoding", "TestSupport", .crypto]),
        tests(
            "TUFMetadataTests", "Formats/TUFMetadataTests", ["TUFMetadata", "TestSupport", .crypto, .cryptoExtras]),
        tests(
            "FirmwareRolloutTests", "Formats/FirmwareRolloutTests",
            ["FirmwareRollout", "CORProtocol", "JSONCoding", "MCUbootImage", "TUFMetadata", "TestSupport"]),
        tests("ESRAnalysisTests", "Core/ESRAnalysisTests", ["ESRAnalysis", "DeviceSimulator", "JSONCoding"]),
        tests(
            "HubCoreTests", "Core/HubCoreTests",
            [
                "HubCore", "BluetoothProtocol", "CBORCoding", "COSESigning", "SMPProtocol", "USBProtocol",
                "CORProtocol", "FirmwareRollout", "MCUbootImage",
                "ESRAnalysis", "TestSupport", .crypto,
            ]),
        tests(
            "DeviceLinksTests", "Adapters/DeviceLinksTests",
            [
                "DeviceLinks", "DeviceSimulator", "HubCore", "BluetoothProtocol", "CORProtocol", "SMPProtocol",
                "USBProtocol", .nioCore, .nioEmbedded, .nioPosix,
            ]),
        tests(
            "HubStoreTests", "Adapters/HubStoreTests",
            [
                "HubStore", "HubCore", "ESRAnalysis", "CBORCoding", "CORProtocol", "MCUbootImage", "CSQLite",
                "TextEncodings", "store-writer",
            ]),
        tests(
            "KeyStoreTests", "Adapters/KeyStoreTests",
            ["KeyStore", "PeerFixtures", "HubCore", "COSESigning", "CORProtocol", "MCUbootImage", .crypto]),
        tests(
            "UpstreamClientTests", "Adapters/UpstreamClientTests",
            ["UpstreamClient", "PeerFixtures", "HubCore", "CORProtocol", .crypto]),
        tests(
            "TUFUpdaterTests", "Adapters/TUFUpdaterTests",
            ["TUFUpdater", "CORProtocol", "DurableFiles", "TUFMetadata", "HubCore"]),
        tests(
            "HubAgentTests", "Agent/HubAgentTests",
            [
                "HubAgent", "HubCore", "HubStore", "CBORCoding", "COSESigning", "CORProtocol", "ESRAnalysis",
                "JSONCoding", "KeyStore", "DeviceSimulator", "UpstreamServer", .crypto, .x509, .asn1, .serviceLifecycle,
            ]),
        tests(
            "DeviceSimulatorTests", "Counterparts/DeviceSimulatorTests",
            [
                "DeviceSimulator", "CBORCoding", "COSESigning", "SMPProtocol", "USBProtocol", "CORProtocol",
                "TestSupport", .crypto, .x509, .asn1,
            ]),
        tests(
            "UpstreamServerTests", "Counterparts/UpstreamServerTests",
            [
                "UpstreamServer", "corhub-upstream", "CBORCoding", "COSESigning", "CORProtocol", "ESTProtocol",
                "FirmwareRollout", "MCUbootImage", "JSONCoding", "TestSupport", .crypto, .x509, .asn1, .logging,
                .serviceLifecycle,
            ]),
        tests(
            "FirmwarePublisherTests", "Counterparts/FirmwarePublisherTests",
            [
                "FirmwarePublisher", "CORProtocol", "FirmwareRollout", "JSONCoding", "MCUbootImage", "TUFMetadata",
                "TestSupport",
            ]),
        tests(
            "CodecConformanceTests", "Conformance/CodecConformanceTests",
            ["COSESigning", "CBORCoding", "JSONCoding", "TestSupport", .crypto]),
        tests("SimulationTests", "Simulation/SimulationTests", ["Simulation"]),
        tests(
            "CorhubTests", "Tools/CorhubTests",
            [
                "corhub", "DeviceLinks", "HubCore", "CORProtocol", "JSONCoding", "SMPProtocol", "ESRAnalysis",
                .argumentParser, .nioCore, .nioPosix,
            ]),
        tests(
            "IntegrationTests", "Integration", ["corhub", "corone-sim", "TestSupport", .crypto],
            exclude: ["EndToEnd", "FirmwareRig", "Zephyr/setup", "Zephyr/with-server"]),
    ],
    cxxLanguageStandard: .cxx17
)
