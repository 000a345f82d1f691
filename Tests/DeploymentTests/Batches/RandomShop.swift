import BSON
import Platform

/// Random documents of an imaginary shop: orders with lines, most of them alike, some odd.
struct RandomShop: Drawing {
    /// How much the documents differ from each other.
    enum Mood: CaseIterable {
        /// Every field is there and of its type.
        case regular
        /// Fields are missing or null now and then.
        case sparse
        /// One field in a hundred holds anything.
        case sprinkled
        /// One field in five holds anything, and they come in any order.
        case wild
    }

    var random: SeededRandom
    /// Whether numbers are such that the order of adding them up makes no difference.
    private let isGentle: Bool

    init(seed: UInt64, isGentle: Bool = false) {
        random = SeededRandom(seed: seed)
        self.isGentle = isGentle
    }

    /// Documents with the ids `first`, `first` + 1, …; the mood changes every few hundred.
    mutating func orders(_ count: Int, from first: Int = 0, moods: [Mood] = Mood.allCases) -> [Document] {
        var mood = pick(moods)
        return (0..<count).map { number in
            if number % 300 == 0 { mood = pick(moods) }
            return order(first + number, mood)
        }
    }

    mutating func order(_ id: Int, _ mood: Mood) -> Document {
        var fields: [(String, BSONValue)] = [
            ("k", .string(pick(["north", "south", "east", "", "é"]))), ("n", .int32(Int32(below(25) - 5))),
            ("l", .int64(Int64(below(1000)))), ("d", .double(Double(below(200)) / 4)), ("m", .decimal(price())),
            ("t", date()), ("o", .objectId(objectId())), ("b", .bool(chance(50))),
            (
                "s",
                .string(pick(["", "a", "2018-02-10", "12", "-7.5", "Ünïcode", String(repeating: "long", count: 20)]))
            ),
            ("e", .document(embedded(mood))), ("items", lines(4, mood)), ("more", lines(3, mood)),
            ("tags", array(4) { .string($0.pick(["a", "b", "c", ""])) }), ("nums", array(5) { $0.number() }),
            ("nest", array(3) { shop in shop.array(3) { $0.number() } }), ("0", .int32(Int32(below(3)))),
            ("w", mood == .regular ? number() : anything(2)),
        ]
        for i in fields.indices {
            switch mood {
            case .regular: break
            case .sparse: if chance(8) { fields[i].1 = chance(50) ? .undefined : .null }
            case .sprinkled: if chance(1) { fields[i].1 = anything(3) }
            case .wild: if chance(20) { fields[i].1 = anything(3) }
            }
        }
        // What was to be undefined is missing; the type itself comes among anything.
        if mood != .regular { fields.removeAll { $0.1 == .undefined && below(10) > 0 } }
        if mood == .wild && chance(50) { random.shuffle(&fields) }
        return Document([("_id", .int32(Int32(id)))] + fields)
    }

    private mutating func lines(_ most: Int, _ mood: Mood) -> BSONValue {
        array(most) { shop in
            var fields: [(String, BSONValue)] = [
                ("sku", .string("P\(shop.below(6))")), ("q", .int32(Int32(shop.below(6)))),
                ("p", .decimal(shop.price())),
                ("d", shop.date()), ("tags", shop.array(3) { .string($0.pick(["x", "y", ""])) }),
                ("in", .document(["deep": .int32(Int32(shop.below(4)))])), ("0", .int32(7)),
            ]
            if mood != .regular && shop.chance(4) { fields.remove(at: shop.below(fields.count)) }
            if mood == .wild && shop.chance(4) { fields[shop.below(fields.count)].1 = shop.anything(1) }
            return .document(Document(fields))
        }
    }

    private mutating func embedded(_ mood: Mood) -> Document {
        [
            "a": .int32(Int32(below(9))), "k": .string(pick(["p", "q", ""])),
            "z": .document(["y": number(), "x": .array([.int32(1), .document(["v": .int32(Int32(below(3)))])])]),
            "0": .string("zero"), "list": lines(2, mood),
        ]
    }

    mutating func array(_ most: Int, _ element: (inout RandomShop) -> BSONValue) -> BSONValue {
        .array(BSONArray((0..<below(most + 1)).map { _ in element(&self) }))
    }

    mutating func objectId() -> ObjectId { ObjectId("5f00000000000000000000\(pick(["01", "02", "0a", "ff"]))")! }

    mutating func date() -> BSONValue {
        .date(Int64(1_514_764_800 + below(730) * 86_400 + below(4) * 21_599) * 1000)
    }

    mutating func price() -> Decimal128 {
        if !isGentle && chance(3) {
            return Decimal128(
                pick([
                    "1234567890123456789012345678901234", "-9999999999999999999999999999999999", "NaN", "Infinity",
                    "-0",
                    "0E+3", "1E-6000", "9.999999999999999999999999999999999E+6144", "1.10", "1.1", "1.100",
                ]))!
        }
        return Decimal128(
            negative: chance(10), coefficient: UInt128(below(10_000)), exponent: pick([-2, -2, -2, -1, 0]))
    }

    mutating func number() -> BSONValue {
        switch below(isGentle ? 5 : 7) {
        case 0: .int32(Int32(below(20)))
        case 1: .int64(Int64(below(100)))
        case 2: .double(Double(below(100)) / 4)
        case 3: .decimal(price())
        case 4: .int32(Int32(below(3)) - 1)
        case 5: .double(pick([.nan, .infinity, -.infinity, -0.0, 0.1, 1e300, -2.5]))
        default: .int64(pick([.max, .min, 1 << 53, -1]))
        }
    }

    mutating func anything(_ depth: Int) -> BSONValue {
        switch below(depth > 0 ? 16 : 10) {
        case 0: .null
        case 1: .undefined
        case 2, 3: number()
        case 4:
            chance(20)
                ? .symbol(pick(["a", "north"])) : .string(pick(["", "a", "north", "2018-02-10T00:00:00Z", "7"]))
        case 5: date()
        case 6: .objectId(objectId())
        case 7: .bool(chance(50))
        case 8: .decimal(price())
        case 9: .int32(Int32(below(5)))
        case 10: lines(3, .wild)
        case 11: .document(embedded(.wild))
        case 12: array(4) { $0.anything(depth - 1) }
        case 13: array(3) { $0.number() }
        case 14: .document(["q": anything(depth - 1), "a": anything(depth - 1)])
        default: .array([])
        }
    }
}
