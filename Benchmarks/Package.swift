// swift-tools-version: 6.1
import PackageDescription

/// The measured claims, and the peers they are measured against. A package of its own, so that a build of Atelier needs
/// none of the peers.
let package = Package(
    name: "atelier-benchmarks",
    dependencies: [.package(name: "atelier", path: "..")],
    targets: [
        .executableTarget(
            name: "BasketBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "RecommendationBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "GraphBenchmark", dependencies: [.product(name: "Atelier", package: "atelier")]),
        .executableTarget(
            name: "KPIBenchmark",
            dependencies: [.product(name: "Atelier", package: "atelier"), .product(name: "CSQLite", package: "atelier")]),
    ],
    swiftLanguageModes: [.v6]
)
