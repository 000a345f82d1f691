import Comparison
import Testing

/// How times grow with the number of orders.
@Suite struct WorkloadGrowthTests {
    private func growth(_ points: [(orders: Int, medianMs: Double?)]) -> Growth {
        Growth(name: "a", title: "A", isWorkload: false, database: "sqlite", model: .tables, points: points)
    }

    @Test func theExponentIsTheSlopeThroughTheLogarithms() throws {
        let linear = growth([(10, 1), (100, 10), (1000, 100)])
        #expect((try #require(linear.exponent) - 1).magnitude < 1e-12)
        #expect((try #require(linear.factorPerTenfold) - 10).magnitude < 1e-9)
        let square = growth([(10, 1), (20, 4)])
        #expect((try #require(square.exponent) - 2).magnitude < 1e-12)
        let level = growth([(10, 3), (100, 3)])
        #expect(try #require(level.factorPerTenfold) == 1)
        // A point above the line at its middle does not tilt it.
        let bent = growth([(10, 1), (100, 40), (1000, 100)])
        #expect((try #require(bent.exponent) - 1).magnitude < 1e-12)
    }

    @Test func withoutTwoTimesThereIsNone() {
        #expect(growth([(10, 1)]).exponent == nil && growth([(10, nil), (100, 2)]).factorPerTenfold == nil)
        #expect(growth([(10, 1), (50, nil), (100, 10)]).exponent != nil)
    }

    @Test func sizesAreJoinedByNameDatabaseAndModel() {
        func measurement(_ database: String, _ model: DataModel, _ times: [Double]) -> WorkloadMeasurement {
            WorkloadMeasurement(
                workload: .readOrder, database: database, title: database, model: model, operations: 1, unitsEach: 1,
                isEqual: true, times: Times(milliseconds: times), perSecond: 1, durability: "", differences: [])
        }
        let sizes = [
            Growth.Size(
                orders: 10, measurements: [],
                workloads: [[measurement("atelier", .documents, [1]), measurement("sqlite", .tables, [2])]], titles: [:]
            ),
            Growth.Size(
                orders: 100, measurements: [],
                workloads: [
                    [
                        measurement("atelier", .documents, [3]), measurement("sqlite", .tables, [4]),
                        measurement("sqlite", .json, [5]),
                    ]
                ], titles: [:]),
        ]
        let all = Growth.all(sizes)
        #expect(all.map(\.model) == [.documents, .tables, .json] && all.allSatisfy(\.isWorkload))
        #expect(all.map { $0.points.map(\.medianMs) } == [[1, 3], [2, 4], [nil, 5]])
        #expect(Growth.all([]).isEmpty)
    }
}
