import Graph
import Testing

@Suite struct StructureTests {
    private static let types: [EdgeType] = [.bought, .met, .designed, .boughtTogether]

    @Test("Components are what ways join", arguments: 1...12 as ClosedRange<UInt64>)
    func components(_ seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, types: Self.types, edges: 14)
        let found = Components(random.graph, types: Self.types)
        for node in 0..<random.graph.nodes.count {
            let reached = try Neighborhood(random.graph, around: [node], depth: 100, EdgeChoice(Self.types))
            let group = found.component.indices.filter { found.component[$0] == found.component[node] }
            #expect(Set(reached.members.map(\.node)) == Set(group))
            #expect(found.sizes[found.component[node]] == group.count)
        }
        #expect(found.sizes == found.sizes.sorted(by: >))
    }

    @Test("Modularity is as defined, and no single move raises it", arguments: 1...12 as ClosedRange<UInt64>)
    func communities(_ seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, types: Self.types, edges: 50)
        let matrix = random.matrix(Self.types, .both)
        let degrees = matrix.map { $0.reduce(0, +) }
        let total = degrees.reduce(0, +)
        func modularity(_ groups: [Int]) -> Double {
            var sum = 0.0
            for i in groups.indices {
                for j in groups.indices where groups[i] == groups[j] {
                    sum += matrix[i][j] - degrees[i] * degrees[j] / total
                }
            }
            return sum / total
        }
        let found = try Communities(random.graph, types: Self.types)
        let again = try Communities(random.graph, types: Self.types)
        #expect(abs(found.modularity - modularity(found.community)) < 1e-12)
        #expect(found.modularity > modularity(Array(groups: matrix.count)))
        #expect(found.community == again.community)
    }

    @Test("Two cliques joined by one edge are two communities")
    func cliques() throws {
        let builder = GraphBuilder()
        for group in ["a", "b"] {
            for i in 0..<6 {
                for j in 0..<i {
                    builder.add(
                        .boughtTogether, from: builder.node(.product, "\(group)\(i)"),
                        to: builder.node(.product, "\(group)\(j)"))
                }
            }
        }
        builder.add(.boughtTogether, from: builder.node(.product, "a0"), to: builder.node(.product, "b0"))
        let found = try Communities(try builder.finish())
        #expect(found.community == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
        #expect(abs(found.modularity - (30.0 / 31 - 0.5)) < 1e-12)
    }

    @Test("Likeness is as defined", arguments: 1...6 as ClosedRange<UInt64>, SimilarityMeasure.allCases)
    func similarity(_ seed: UInt64, _ measure: SimilarityMeasure) throws {
        let random = try RandomGraph(seed: seed, types: [.bought, .boughtTogether], edges: 70)
        for type in [EdgeType.bought, .boughtTogether] {
            let matrix = random.matrix([type], .both)
            for node in 0..<random.graph.nodes.range(.product).upperBound {
                let kind = random.graph.nodes.kind(node)
                guard type.source == kind || type.target == kind else { continue }
                func likeness(_ a: [Double], _ b: [Double]) -> Double {
                    let common = Double(zip(a, b).filter { $0 > 0 && $1 > 0 }.count)
                    let (x, y) = (Double(a.filter { $0 > 0 }.count), Double(b.filter { $0 > 0 }.count))
                    switch measure {
                    case .jaccard: return common / (x + y - common)
                    case .overlap: return common / min(x, y)
                    case .cosine:
                        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
                        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
                    }
                }
                let found = try random.graph.similar(to: node, by: type, measure, limit: 1000)
                let expected = random.graph.nodes.range(kind).filter {
                    $0 != node && likeness(matrix[node], matrix[$0]) > 0
                }
                #expect(Set(found.map(\.node)) == Set(expected))
                for other in found {
                    #expect(abs(other.similarity - likeness(matrix[node], matrix[other.node])) < 1e-12)
                }
                #expect(found.map(\.similarity) == found.map(\.similarity).sorted(by: >))
            }
        }
    }

    @Test func degreesAndCommonNeighbors() throws {
        let random = try RandomGraph(seed: 5, types: [.bought], edges: 60)
        let matrix = random.matrix([.bought], .both)
        let degrees = try random.graph.degrees(EdgeChoice([.bought]))
        #expect(degrees.map(\.count) == matrix.map { $0.filter { $0 > 0 }.count })
        #expect(degrees.map(\.weight) == matrix.map { $0.reduce(0, +) })
        for (a, b) in [(0, 1), (2, 5), (10, 11), (0, 0)] {
            let common = try random.graph.commonNeighbors(a, b, EdgeChoice([.bought]))
            #expect(common == matrix.indices.filter { matrix[a][$0] > 0 && matrix[b][$0] > 0 })
        }
    }
}

extension [Int] {
    /// Every node in a group of its own.
    fileprivate init(groups count: Int) { self = Array(0..<count) }
}
