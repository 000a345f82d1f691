// swift-tools-version: 6.1
import PackageDescription

/// Scan loops change fields of stages and arenas per row, which no two accesses ever do at once: one thread, one pipeline.
/// The checks of that at run time would cost more than what they check.
let hot: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// One target per layer; dependencies point down only (see ARCHITECTURE.md).
let package = Package(
    name: "atelier",
    products: [
        .executable(name: "atelier", targets: ["atelier"]),
        .library(
            name: "Atelier",
            targets: ["BSON", "DocumentStore", "Retail", "Ingest", "Analytics", "Baskets", "Graph", "Recommendations"]),
        .library(name: "CSQLite", targets: ["CSQLite"]),
    ],
    targets: [
        // C libraries, one system-library target each; all are Debian packages.
        .systemLibrary(name: "CDecimal", providers: [.apt(["libintelrdfpmath-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CMongoC", pkgConfig: Context.environment["ATELIER_LIBMONGOC"] ?? "libmongoc-1.0",
            providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CEpoll"),  // of the C library itself, but not in Swift's Glibc module
        .systemLibrary(name: "CCSV", providers: [.apt(["libcsv-dev"])]),
        .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"])]),
        .systemLibrary(name: "CNLopt", pkgConfig: "nlopt", providers: [.apt(["libnlopt-dev"])]),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // The types of these alone; the libraries are loaded when they are needed first.
        .systemLibrary(name: "CPostgreSQL", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMariaDB", providers: [.apt(["libmariadb-dev"])]),

        // The stack, bottom up.
        .target(name: "Platform"),
        .target(name: "BSON", dependencies: ["CDecimal"], swiftSettings: hot),
        .target(name: "Deployment", dependencies: ["BSON"]),
        .target(name: "Storage", dependencies: ["BSON", "CLMDB"], swiftSettings: hot),
        .target(name: "QueryLanguage", dependencies: ["BSON", "CPCRE2"], swiftSettings: hot),
        .target(
            name: "Engine", dependencies: ["BSON", "Deployment", "Platform", "QueryLanguage", "Storage"],
            swiftSettings: hot),
        .target(name: "MongoDriver", dependencies: ["BSON", "Deployment", "CMongoC"]),
        .target(name: "WireServer", dependencies: ["BSON", "Deployment", "Platform", "CEpoll", "CZlib"]),
        .target(
            name: "DocumentStore", dependencies: ["BSON", "Deployment", "Engine", "MongoDriver", "Platform", "Storage"]),
        .target(name: "Definitions", dependencies: ["BSON"]),
        .target(name: "Retail", dependencies: ["BSON", "Definitions", "DocumentStore", "Platform"]),
        .target(name: "Analytics", dependencies: ["BSON", "Definitions", "DocumentStore"]),
        .target(
            name: "CustomerModels",
            dependencies: ["BSON", "Definitions", "DocumentStore", "Platform", "CGSL", "CNLopt", "CXGBoost"]),
        .target(name: "Parquet", dependencies: ["BSON", "CZlib"]),
        .target(
            name: "Reports", dependencies: ["BSON", "DocumentStore", "Analytics", "Graph", "Recommendations"],
            resources: [.embedInCode("Page/report.css"), .embedInCode("Page/report.js")]),
        .target(
            name: "Baskets", dependencies: ["BSON", "Definitions", "DocumentStore", "Platform"], swiftSettings: hot),
        .target(
            name: "Graph",
            dependencies: ["BSON", "Analytics", "Definitions", "DocumentStore", "QueryLanguage"],
            swiftSettings: hot),
        .target(
            name: "Recommendations", dependencies: ["BSON", "Definitions", "DocumentStore", "Graph", "Platform"],
            swiftSettings: hot),
        .target(name: "Ingest", dependencies: ["BSON", "DocumentStore", "Retail", "CZlib", "CCSV"]),
        .target(
            name: "Comparison",
            dependencies: [
                "BSON", "Definitions", "DocumentStore", "Platform", "Retail", "Analytics", "Reports", "CSQLite",
                "CPostgreSQL", "CMariaDB",
            ],
            resources: [.embedInCode("Page/comparison.css")]),
        .target(name: "Experiments", dependencies: ["BSON", "DocumentStore", "Analytics", "CGSL"]),
        .target(name: "Forecasting", dependencies: ["BSON", "DocumentStore", "Analytics", "CNLopt", "CGSL"]),
        .target(
            name: "Worker",
            dependencies: [
                "BSON", "Baskets", "CustomerModels", "DocumentStore", "Analytics", "Platform", "Retail", "Forecasting",
                "Experiments", "Graph", "Recommendations",
            ]),
        .executableTarget(
            name: "atelier",
            dependencies: [
                "Definitions", "DocumentStore", "Retail", "Analytics", "Reports", "Parquet", "Ingest", "Worker",
                "WireServer",
                "CustomerModels", "Forecasting", "Experiments", "Baskets", "Graph", "Recommendations",
                "Comparison", "Platform",
            ]),

        // Tests, one target per tested layer.
        .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
        .testTarget(
            name: "BSONTests", dependencies: ["BSON", "Platform", "CDecimal"], exclude: ["Corpus", "Recorded"]),
        .testTarget(name: "QueryLanguageTests", dependencies: ["BSON", "Platform", "QueryLanguage"]),
        .testTarget(
            name: "DeploymentTests",
            dependencies: ["BSON", "Deployment", "Engine", "MongoDriver", "Platform", "WireServer"]),
        .testTarget(name: "VectorTests", dependencies: ["BSON", "Deployment", "Engine", "MongoDriver", "WireServer"]),
        .target(name: "StorageWorkload", dependencies: ["BSON", "Platform", "Storage"], path: "Tests/StorageWorkload"),
        .executableTarget(
            name: "storage-crash-child", dependencies: ["BSON", "Platform", "Storage", "StorageWorkload"],
            path: "Tests/StorageCrashChild"),
        .testTarget(
            name: "StorageTests",
            dependencies: ["BSON", "CLMDB", "Platform", "Storage", "StorageWorkload", "storage-crash-child"]),
        .target(name: "TestSupport", dependencies: ["BSON", "Deployment", "CZlib"], path: "Tests/TestSupport"),
        .testTarget(name: "DocumentStoreTests", dependencies: ["BSON", "DocumentStore", "TestSupport"]),
        .testTarget(
            name: "RetailTests", dependencies: ["BSON", "DocumentStore", "Retail", "TestSupport", "WireServer"]),
        .testTarget(
            name: "IngestTests",
            dependencies: ["BSON", "DocumentStore", "Retail", "Ingest", "WireServer", "TestSupport", "atelier"]),
        .testTarget(
            name: "AnalyticsTests",
            dependencies: [
                "BSON", "Definitions", "Deployment", "DocumentStore", "Analytics", "Ingest", "Retail", "WireServer",
                "MongoDriver", "Platform", "TestSupport", "StorageWorkload", "atelier",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "ComparisonTests",
            dependencies: ["BSON", "DocumentStore", "Platform", "Retail", "Analytics", "Comparison", "WireServer"]),
        .testTarget(name: "ParquetTests", dependencies: ["Parquet"]),
        .testTarget(name: "ReportsTests", dependencies: ["BSON", "DocumentStore", "Retail", "Analytics", "Reports"]),
        .testTarget(
            name: "ExperimentsTests",
            dependencies: ["BSON", "Definitions", "DocumentStore", "Experiments", "TestSupport"]),
        .testTarget(
            name: "ForecastingTests",
            dependencies: ["BSON", "Definitions", "DocumentStore", "Forecasting", "Platform", "TestSupport"],
            exclude: ["Recorded"]),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "BSON", "Deployment", "DocumentStore", "Analytics", "Platform", "Retail", "Worker", "WireServer",
                "MongoDriver", "atelier", "TestSupport",
            ],
            exclude: ["Aggregations", "Transcripts"]),
        .testTarget(
            name: "CustomerModelsTests", dependencies: ["BSON", "DocumentStore", "CustomerModels", "Platform", "CGSL"]),
        .testTarget(
            name: "BasketsTests",
            dependencies: ["BSON", "Baskets", "Definitions", "DocumentStore", "Ingest", "Platform", "Retail"]),
        .testTarget(
            name: "GraphTests",
            dependencies: [
                "BSON", "Definitions", "Deployment", "DocumentStore", "Graph", "Ingest", "MongoDriver", "Platform",
                "Retail", "WireServer",
            ]),
        .testTarget(
            name: "RecommendationsTests",
            dependencies: ["BSON", "DocumentStore", "Graph", "Ingest", "Platform", "Recommendations", "Retail"]),
        .testTarget(name: "CLITests", dependencies: ["BSON", "DocumentStore", "Analytics", "atelier"]),
        .testTarget(
            name: "WireServerTests", dependencies: ["BSON", "Deployment", "Platform", "WireServer", "TestSupport"]),
        .testTarget(
            name: "MongoDriverTests",
            dependencies: ["BSON", "Deployment", "MongoDriver", "Platform", "WireServer", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
