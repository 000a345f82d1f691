// swift-tools-version: 6.1
import PackageDescription

/// The measured claims, and the peers they are measured against. A package of its own, so that a build of Atelier needs
/// none of the peers.
let package = Package(
    name: "atelier-benchmarks",
    dependencies: [.package(name: "atelier", path: "..")],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .executableTarget(
            name: "BasketBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "RecommendationBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "GraphBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "KPIBenchmark",
            dependencies: ["CSQLite", .product(name: "Atelier", package: "atelier")]),
    ],
    swiftLanguageModes: [.v6]
)
