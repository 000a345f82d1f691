import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$sample". A uniform random choice of rows, by reservoir.
    static let sample = StageOperator("$sample") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(28745, "the $sample stage specification must be an object")
        }
        var size: Int64?
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            guard cursor.keyString == "size" else {
                throw AtelierError(28748, "unrecognized option to $sample: \(cursor.keyString)")
            }
            guard cursor.value.isNumber else { throw AtelierError(28746, "size argument to $sample must be a number") }
            guard let number = cursor.value.numberAsDouble, number > 0, number < 0x1p62 else {
                throw AtelierError(28747, "size argument to $sample must be a positive integer")
            }
            size = Int64(number)
        }
        guard let size else { throw AtelierError(28749, "$sample stage must specify a size") }
        let root = builder.compiler.newSlot()
        builder.stage = SampleStage(builder.stage, row: builder.compiler.rowDocument(), root: root, size: Int(size))
        builder.compiler.shape = Shape(base: root)
    }
}

final class SampleStage: Stage {
    private let input: Stage
    private let row: Expression
    private let root: Slot
    private let size: Int
    private var chosen: [Document]?
    private var position = 0

    init(_ input: Stage, row: Expression, root: Slot, size: Int) {
        self.input = input
        self.row = row
        self.root = root
        self.size = size
    }

    override func next(_ scope: Scope) throws -> Bool {
        if chosen == nil {
            var kept: [Document] = []
            var seen = 0
            while try input.next(scope) {
                seen += 1
                if kept.count < size {
                    kept.append(Document(copying: try row.evaluate(scope).asDocument))
                } else {
                    let place = Int.random(in: 0..<seen)
                    if place < size { kept[place] = Document(copying: try row.evaluate(scope).asDocument) }
                }
            }
            chosen = kept.shuffled()
            position = 0
        }
        guard let chosen, position < chosen.count else { return false }
        scope.arena.reset()
        scope.assign(root, chosen[position].withView { scope.arena.copy(.document($0)) })
        position += 1
        return true
    }

    override func restart() {
        chosen = nil
        input.restart()
    }
}
