import BSON
import Platform
import Testing

@testable import QueryLanguage

/// Fields of a row whose documents do not all look alike: some absent, some in another order, some twice.
@Suite struct FieldGatheringTests {
    static let names = ["a", "b", "price", "a longer name", "a name of more than fourteen bytes"]

    @Test(arguments: 0..<40)
    func eachFieldIsTheFirstOfItsName(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let compiler = Compiler(now: 0)
        // Some of the names are read, in whichever order; the others are there to be passed over.
        let read = Self.names.shuffled(using: &random).prefix(Int.random(in: 1...Self.names.count, using: &random))
        let slots = read.map { compiler.field($0) }
        let scope = compiler.makeScope()
        for row in 0..<60 {
            let document = Self.document(row, &random)
            document.withView { view in
                scope.assign(compiler.shape.base!, .document(view))
                for (name, slot) in zip(read, slots) {
                    let (expected, got) = (view.find(name), scope.slots[slot.index])
                    #expect(BSONValue(copying: got) == BSONValue(copying: expected), "\(name) of \(document)")
                }
            }
        }
    }

    /// Expressions that look at the same array's documents, together and each for itself.
    @Test(arguments: 0..<40)
    func arraysTakenApartOnceAreTheSameForEverybody(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let expressions = [
            #"{"$sum": "$list.b"}"#,
            #"{"$map": {"input": "$list", "as": "x", "in": ["$$x.a", "$$x.price", "$$x"]}}"#,
            #"{"$map": {"input": "$list", "as": "x", "in": {"$max": "$$x.inner.b"}}}"#,
            #"{"$filter": {"input": "$list", "as": "x", "cond": {"$ne": ["$$x.a", null]}}}"#,
            #"{"$filter": {"input": "$list", "as": "x", "cond": {"$gt": ["$$x.b", 0]}, "limit": 2}}"#,
            // Within the walk another one, over the same array and over others of its kind.
            #"""
            {"$map": {"input": "$list", "as": "x", "in":
                {"$sum": {"$map": {"input": "$list", "as": "y", "in": {"$cond": [{"$eq": ["$$x.a", "$$y.a"]}, 1, 0]}}}}}}
            """#,
            #"{"$map": {"input": "$list", "as": "x", "in": {"$concatArrays": ["$kept.a", "$list.price", ["$$x.b"]]}}}"#,
            #"{"$sum": {"$map": {"input": "$kept", "as": "x", "in": "$$x.b"}}}"#,
            #"{"$sum": "$kept.b"}"#,
        ].shuffled(using: &random)
        let holder = try Document(json: "{\"all\": [\(expressions.joined(separator: ", "))]}")
        let keep = try Document(
            json: #"{"e": {"$filter": {"input": "$list", "as": "x", "cond": {"$lt": ["$$x.price", 5000]}}}}"#)
        try holder.withView { view in
            let together = try Row(keeping: keep)
            let apart = try expressions.indices.map { _ in try Row(keeping: keep) }
            var compiled: [(together: Expression, apart: Expression)] = []
            for (index, expression) in BSONValue(copying: view.find("all")).arrayValue!.enumerated() {
                try Document([("e", expression)]).withView {
                    compiled.append(
                        (
                            try together.compiler.expression($0.find("e")),
                            try apart[index].compiler.expression($0.find("e"))
                        ))
                }
            }
            for row in 0..<40 {
                let list = (0..<Int.random(in: 0...6, using: &random)).map { position -> BSONValue in
                    if Int.random(in: 0..<8, using: &random) == 0 { return .int32(7) }
                    var fields = Self.document(row * 10 + position, &random).elements.map { ($0.key, $0.value) }
                    if Bool.random(using: &random) {
                        fields.append(("inner", .document(Self.document(row, &random))))
                    }
                    return .document(Document(fields))
                }
                try Document([("list", .array(BSONArray(list)))]).withView { document in
                    try together.begin(document)
                    for (index, pair) in compiled.enumerated() {
                        try apart[index].begin(document)
                        let got = BSONValue(copying: try pair.together.evaluate(together.scope))
                        let expected = BSONValue(copying: try pair.apart.evaluate(apart[index].scope))
                        #expect(got == expected, "\(expressions[index]) on \(list)")
                    }
                }
            }
        }
    }

    /// A row with a field `kept` that is worked out before the others, as a projection would.
    private final class Row {
        let compiler = Compiler(now: 0)
        private let kept: Slot
        private let filter: Expression
        private(set) lazy var scope = compiler.makeScope()

        init(keeping: Document) throws {
            let compiler = compiler
            filter = try keeping.withView { try compiler.expression($0.find("e")) }
            kept = compiler.newSlot()
            compiler.share(filter, in: kept)
            compiler.shape.overlay("kept", kept)
        }

        func begin(_ document: DocumentView) throws {
            scope.arena.reset()
            scope.assign(compiler.shape.base!, .document(document))
            scope.assign(kept, try filter.evaluate(scope))
        }
    }

    private static func document(_ row: Int, _ random: inout SeededRandom) -> Document {
        var present = names.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        if Int.random(in: 0..<4, using: &random) == 0 { present.shuffle(using: &random) }
        if Int.random(in: 0..<6, using: &random) == 0, let twice = present.randomElement(using: &random) {
            present.insert(twice, at: Int.random(in: 0...present.count, using: &random))
        }
        return Document(
            present.enumerated().map { (position, name) in
                (name, position % 2 == 0 ? .string("\(row).\(position)") : .int32(Int32(row * 100 + position)))
            })
    }
}
