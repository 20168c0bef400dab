// swift-tools-version: 6.2
import PackageDescription

// Only `make fuzz` needs libFuzzer.
let fuzzes = Context.environment["TOLLGATE_FUZZ"] != nil

// One way to compile everything: Swift 6 mode, async functions stay on the caller's actor,
// existentials are spelled `any`, imports are explicit.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // The law of exclusivity is checked while the tests run, in debug builds, on every access; what the compiler can prove
    // it proves always. In release builds the checks at run time cost a request 3 to 6 percent.
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
    // Each function can be laid out for itself.
    .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

// Functions that a request runs through lie side by side (`make order`): after a rest it takes an eighth less time.
// Of the linkers LLD reads such a file; names in it may be old.
let order = Context.packageDirectory + "/Sources/tollgate/functions.order"
let layout: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xlinker", "--symbol-ordering-file=\(order)", "-Xlinker", "--no-warn-symbol-ordering"],
        .when(configuration: .release))
]
let sections: [CSetting] = [.unsafeFlags(["-ffunction-sections"], .when(configuration: .release))]

func room(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    _ room: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: room + "Tests", dependencies: [.byName(name: room)] + dependencies, exclude: exclude,
        resources: resources, swiftSettings: settings)
}

/// The trials with libFuzzer around them.
let fuzzing: [Target] = [
    .executableTarget(
        name: "Fuzz", dependencies: ["FuzzTrials"], path: "Tests/Fuzz/Driver",
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
]

let package = Package(
    name: "tollgate",
    products: [.executable(name: "tollgate", targets: ["tollgate"])],
    targets: [
        // C libraries from Debian, each imported by exactly one Swift room.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CProtobuf", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        // Our own C: shims for what Swift cannot express, generated OTLP messages, byte scanning.
        .target(name: "CScan", cSettings: sections),
        .target(name: "CLinux", cSettings: sections),
        // Its assertions would write the folder of the build into the executable.
        .target(
            name: "COTLP", dependencies: ["CProtobuf"],
            cSettings: sections + [.define("NDEBUG", .when(configuration: .release))]),

        room("Wire", ["CScan"]),
        room("Transport", ["Wire", "CLinux", "COpenSSL", "CZlib", "CDeflate"]),
        room("HTTP", ["Wire", "Transport", "CNGHTTP2"]),
        room("Configuration", ["Wire", "CYAML", "CPCRE2"]),
        room("Providers", ["Wire", "Configuration"]),
        room("Telemetry", ["HTTP", "Transport", "Wire", "COTLP"]),
        room("Ledger", ["CSQLite", "Transport", "Wire"]),
        room("Sessions", ["Wire", "CXXHash"]),
        room("Governance", ["Configuration", "Transport", "Telemetry", "Wire"]),
        room("Upstream", ["HTTP", "Providers", "Telemetry", "Transport", "Wire", "Configuration"]),
        room(
            "Gateway",
            [
                "Upstream", "Governance", "Sessions", "Ledger", "Telemetry", "Providers", "Configuration", "HTTP",
                "Transport", "Wire",
            ]),
        .executableTarget(
            name: "tollgate", dependencies: ["Gateway", "Ledger", "Configuration", "Transport", "Wire"],
            exclude: ["functions.order"], swiftSettings: settings, linkerSettings: layout),

        // What the tests of several rooms run on.
        .target(
            name: "LoopSupport", dependencies: ["Transport"], path: "Tests/LoopSupport", swiftSettings: settings),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: settings),
        .target(
            name: "MessagesGrammar", dependencies: ["Wire"], path: "Tests/MessagesGrammar", swiftSettings: settings),
        .target(
            name: "EventStreamFrames", dependencies: ["Wire"], path: "Tests/EventStreamFrames", swiftSettings: settings),
        .target(
            name: "FuzzTrials",
            dependencies: [
                "LoopSupport", "MessagesGrammar", "Gateway", "Governance", "Sessions", "Telemetry", "HTTP", "Providers",
                "Configuration", "Transport", "Wire",
            ],
            path: "Tests/Fuzz/Trials", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTrials"], path: "Tests/Fuzz/Replay", swiftSettings: settings),
        tests("Wire", ["EventStreamFrames", "SeededRandom"]),
        tests("Transport", ["LoopSupport"]),
        tests("HTTP", ["LoopSupport", "Transport", "Wire"]),
        tests("Configuration", ["Wire"]),
        tests(
            "Providers", ["EventStreamFrames", "MessagesGrammar", "SeededRandom", "Wire", "Configuration"],
            exclude: ["Golden"]),
        tests("Telemetry", ["SeededRandom", "HTTP", "Transport", "Wire"]),
        tests("Ledger", ["SeededRandom", "Wire", "Transport"], exclude: ["Golden"]),
        tests("Sessions", ["SeededRandom", "Wire"]),
        tests("Governance", ["SeededRandom", "Configuration", "Transport"]),
        tests("Upstream", ["LoopSupport", "HTTP", "Providers", "Transport", "Wire", "Configuration"]),
        tests(
            "Gateway",
            [
                "SeededRandom", "Upstream", "Governance", "Sessions", "Ledger", "Telemetry", "Providers",
                "Configuration", "HTTP", "Transport", "Wire",
            ]),
    ] + (fuzzes ? fuzzing : [])
)
