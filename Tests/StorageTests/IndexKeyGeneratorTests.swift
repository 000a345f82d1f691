import BSON
import Platform
import Storage
import StorageWorkload
import Testing

@Suite struct IndexKeyGeneratorTests {
    private func keys(_ pattern: Document, _ document: Document, sparse: Bool = false) throws -> IndexKeySet {
        let generator = try IndexKeyGenerator(keyPattern: pattern, isSparse: sparse)
        let set = IndexKeySet()
        set.reset(fieldCount: generator.fieldCount)
        try document.withView { try generator.addKeys(of: $0, to: set) }
        return set
    }

    /// The keys of tuples of values, each in the direction of its field, sorted.
    private func encoded(_ pattern: Document, _ tuples: [[BSONValue]]) -> [[UInt8]] {
        let descending = pattern.values.map { $0.doubleValue! < 0 }
        return tuples.map { tuple in
            let buffer = IndexKeyBuffer()
            buffer.reset()
            for (value, descending) in zip(tuple, descending) {
                value.withValue { buffer.append($0, descending: descending) }
            }
            return buffer.array
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let pattern: Document
        let document: Document
        let keys: [[BSONValue]]
        var multikey: [UInt64]
        var sparse: Bool

        init(
            _ pattern: Document, _ document: Document, _ keys: [[BSONValue]], multikey: [UInt64]? = nil,
            sparse: Bool = false
        ) {
            self.pattern = pattern
            self.document = document
            self.keys = keys
            self.multikey = multikey ?? Array(repeating: 0, count: pattern.count)
            self.sparse = sparse
        }
        var testDescription: String { "\(pattern.elements) of \(document.elements)" }
    }

    static let cases: [Case] = [
        // Scalars and paths.
        Case(["a": 1], ["a": 5, "b": 6], [[5]]),
        Case(["a": 1], ["b": 6], [[.null]]),
        Case(["a": -1], ["a": "x"], [["x"]]),
        Case(["a.b": 1], ["a": ["b": 4]], [[4]]),
        Case(["a.b": 1], ["a": 4], [[.null]]),
        Case(["a.b.c": 1], ["a": ["b": ["c": ["d": 1]]]], [[["d": 1]]]),
        Case(["a": 1, "b": -1], ["b": 2, "a": 1], [[1, 2]]),
        Case(["a": 1, "b": 1], ["a": 1], [[1, .null]]),
        // Arrays at the end of a path: one key per element, each value once.
        Case(["a": 1], ["a": [1, 2, 2, 1.0]], [[1], [2]], multikey: [1]),
        Case(["a": 1], ["a": []], [[.undefined]], multikey: [1]),
        Case(["a": 1], ["a": [[1, 2], [3], 4]], [[[1, 2]], [[3]], [4]], multikey: [1]),
        Case(["a": 1], ["a": [["b": 1], .null]], [[["b": 1]], [.null]], multikey: [1]),
        Case(["a.b": 1], ["a": ["b": [1, 2]]], [[1], [2]], multikey: [2]),
        // Arrays on the way.
        Case(["a.b": 1], ["a": [["b": 1], ["b": 2], ["c": 3], 7]], [[1], [2], [.null]], multikey: [1]),
        Case(["a.b": 1], ["a": [["b": [1, 2]], ["b": 3]]], [[1], [2], [3]], multikey: [3]),
        Case(["a.b": 1], ["a": []], [[.null]], multikey: [1]),
        Case(["a.b": 1], ["a": [[["b": 1]]]], [[.null]], multikey: [1]),
        Case(["a.b": 1, "a.c": 1], ["a": [["b": 1, "c": 2], ["b": 3]]], [[1, 2], [3, .null]], multikey: [1, 1]),
        Case(["a": 1, "a.b": 1], ["a": [["b": 1], 5]], [[["b": 1], 1], [5, .null]], multikey: [1, 1]),
        Case(["a": 1, "b": -1], ["a": [1, 2], "b": 9], [[1, 9], [2, 9]], multikey: [1, 0]),
        Case(["a.b": 1, "c": 1], ["a": [["b": [1, 2]]], "c": 0], [[1, 0], [2, 0]], multikey: [3, 0]),
        // Numbers in a path: positions as well as names.
        Case(["a.0": 1], ["a": [5, 6]], [[5]], multikey: [1]),
        Case(["a.2": 1], ["a": [5, 6]], [[.null]], multikey: [1]),
        Case(["a.0": 1], ["a": ["0": 7]], [[7]]),
        Case(["a.1": 1], ["a": [["1": 7]]], [[7]], multikey: [1]),
        Case(["a.00": 1], ["a": [5, 6]], [[.null]], multikey: [1]),
        Case(["a.0.b": 1], ["a": [["b": 1], ["b": 2]]], [[1]], multikey: [1]),
        Case(["a.0": 1], ["a": [[1, 2], 3]], [[1], [2]], multikey: [3]),
        Case(["a.0.b": 1], ["a": [[["b": 1], ["b": 2]]]], [[1], [2]], multikey: [3]),
        Case(["a.1.b": 1, "a.b": 1], ["a": [["b": 1], ["b": 2]]], [[2, 1], [2, 2]], multikey: [1, 1]),
        // Sparse.
        Case(["a": 1], ["b": 1], [], sparse: true),
        Case(["a": 1], ["a": .null], [[.null]], sparse: true),
        Case(["a": 1, "b": 1], ["b": 1], [[.null, 1]], sparse: true),
        Case(["a": 1, "b": 1], ["c": 1], [], sparse: true),
        Case(["a.b": 1], ["a": [["b": 1], ["c": 1]]], [[1]], multikey: [1], sparse: true),
        Case(["a": 1], ["a": []], [[.undefined]], multikey: [1], sparse: true),
    ]

    @Test(arguments: cases)
    func keysAreMongoDBs(_ example: Case) throws {
        let set = try keys(example.pattern, example.document, sparse: example.sparse)
        #expect(set.arrays == encoded(example.pattern, example.keys))
        #expect(set.multikeyPaths == example.multikey)
    }

    @Test func parallelArraysAreRefused() {
        let error = #expect(throws: AtelierError.self) { try keys(["a": 1, "b": 1], ["a": [1], "b": [2]]) }
        #expect(error?.code == 171 && error?.code.name == "CannotIndexParallelArrays")
        #expect(error?.message == "cannot index parallel arrays [b] [a]")
        #expect(throws: AtelierError.self) { try keys(["x.a": 1, "x.b": 1], ["x": [["a": [1], "b": [2]]]]) }
    }

    @Test func namesThatAreAlsoPositionsAreRefused() {
        let error = #expect(throws: AtelierError.self) { try keys(["a.0": 1], ["a": [["0": 1]]]) }
        #expect(error?.code == 16746)
    }

    @Test func patternsThatAreNoneAreRefused() {
        for pattern: Document in [
            [:], ["a": 0], ["a": "hashed"], ["a": true], ["": 1], ["a.": 1], [".a": 1], ["a..b": 1],
            ["a": .double(.nan)],
        ] {
            let error = #expect(throws: AtelierError.self, "\(pattern.elements)") {
                try IndexKeyGenerator(keyPattern: pattern)
            }
            #expect(error?.code == 67)
        }
    }

    /// One path through random documents, against a few lines that say the same more slowly.
    @Test func randomDocumentsGiveTheKeysOfASimplerGenerator() throws {
        var random = SeededRandom.announced()
        for _ in 0..<5000 {
            let path = (0...random.below(3)).map { _ in random.pick(["a", "b"]) }
            let document = random.nested(depth: 4)
            let pattern: Document = [path.joined(separator: "."): 1]
            let set = try keys(pattern, document)
            var expected = Set(simpleKeys(.document(document), path[...]).map { encoded(pattern, [[$0]])[0] })
            if expected.isEmpty { expected = Set(encoded(pattern, [[.null]])) }
            #expect(
                Set(set.arrays) == expected && set.count == expected.count,
                "\(pattern.elements) of \(document.elements)")
        }
    }

    private func simpleKeys(_ value: BSONValue, _ path: ArraySlice<String>) -> [BSONValue] {
        guard let name = path.first else {
            guard let elements = value.arrayValue else { return [value] }
            return elements.isEmpty ? [.undefined] : elements
        }
        if let document = value.documentValue {
            return document[name].map { simpleKeys($0, path.dropFirst()) } ?? [.null]
        }
        guard let elements = value.arrayValue, !elements.isEmpty else { return [.null] }
        return elements.flatMap { $0.documentValue == nil ? [.null] : simpleKeys($0, path) }
    }
}

extension SeededRandom {
    fileprivate mutating func nested(depth: Int) -> Document {
        Document { writer in
            for name in ["a", "b"] where below(4) > 0 { writer.append(name, nestedValue(depth: depth - 1)) }
        }
    }

    private mutating func nestedValue(depth: Int) -> BSONValue {
        switch below(depth > 0 ? 6 : 2) {
        case 0: return .integer(below(4))
        case 1: return pick([.null, "x", 1.0])
        case 2, 3: return .document(nested(depth: depth))
        default: return .array(BSONArray((0..<below(4)).map { _ in nestedValue(depth: depth - 1) }))
        }
    }
}
