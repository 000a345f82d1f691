import BSON
import Testing

@testable import QueryLanguage

/// Fields of a row whose documents do not all look alike: some absent, some in another order, some twice.
@Suite struct FieldGatheringTests {
    static let names = ["a", "b", "price", "a longer name", "a name of more than fourteen bytes"]

    @Test(arguments: 0..<40)
    func eachFieldIsTheFirstOfItsName(seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed))
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

    private static func document(_ row: Int, _ random: inout SeededGenerator) -> Document {
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
