import BSON
import DocumentStore
import Platform

/// A small shop in which everything happens that questions stumble over: moments on the edges of days and months, equal
/// amounts, quantities and prices of zero and below, lines twice, orders without lines, customers or payments, deliveries before
/// their orders, reviews answered at once, stock without a cost.
struct OddShop {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Midnight, 1 January 2024, UTC.
    private static let start: Int64 = 1_704_067_200_000
    private static let day: Int64 = 86_400_000
    private static let products = (0..<14).map { "p\($0)" } + ["P1", "é1"]
    private static let customers = (0..<24).map { "c\($0)" }

    private mutating func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &random) < part }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func one<T>(_ choices: [T]) -> T { choices.randomElement(using: &random)! }

    /// A moment: often midnight, or the millisecond before.
    private mutating func moment(_ days: ClosedRange<Int> = 0...500) -> Int64 {
        let midnight = OddShop.start + Int64(number(days)) * OddShop.day
        switch number(0...9) {
        case 0...2: return midnight
        case 3: return midnight - 1
        case 4: return midnight + Int64(number(1...23)) * 3_600_000
        default: return midnight + Int64(number(0...86_399_999))
        }
    }

    /// Hundredths as a decimal.
    private func decimal(_ hundredths: Int) -> Decimal128 {
        Decimal128(negative: hundredths < 0, coefficient: UInt128(hundredths.magnitude), exponent: -2)
    }

    private mutating func amount() -> Int { one([1000, 1250, 999, 10000, 1, 3333, number(1...20000)]) }

    /// Puts everything into a store.
    mutating func fill(_ store: Store) throws {
        try insert(catalog(), store)
        let sessions = (0..<30).map { _ in session() }
        try insert("designSessions", sessions.enumerated().map { $1.setting("_id", .string("s\($0)")) }, store)
        let orders = (0..<160).map { order("o\($0)") }
        try insert("orders", orders, store)
        try insert("reviews", (0..<100).map { review("r\($0)", of: "o\(number(0...159))") }, store)
        try insert("productViews", (0..<200).map { view("v\($0)", before: one(orders)) }, store)
        try insert("appointments", (0..<40).map { appointment("a\($0)") }, store)
    }

    private func insert(_ collection: String, _ documents: [Document], _ store: Store) throws {
        try store.database.collection(collection).insert(documents).orThrow()
    }

    private func insert(_ documents: [(String, Document)], _ store: Store) throws {
        for (collection, document) in documents { try insert(collection, [document], store) }
    }

    private mutating func catalog() -> [(String, Document)] {
        var all: [(String, Document)] = [
            (
                "suppliers",
                ["_id": "u1", "practices": ["certification": "GOTS", "recycledShare": 0.4, "livingWage": true]]
            ),
            ("suppliers", ["_id": "u2", "name": "Two", "practices": ["certification": "none", "livingWage": false]]),
            ("suppliers", ["_id": "u3", "name": "Three"]),
        ]
        all += OddShop.customers.map { ("customers", ["_id": .string($0)]) }
        for index in 0..<5 {
            let slots = (0..<number(0...3)).map { _ -> BSONValue in
                ["weekday": .integer(number(1...7)), "from": .string(one(["09:00", "08:30"])), "to": "12:15"]
            }
            var fields: [(String, BSONValue)] = [
                ("_id", .string("d\(index)")), ("name", .string("D\(index)")),
                ("availability", .array(BSONArray(slots))),
            ]
            if chance(0.7) { fields.append(("hiredAt", .date(moment(-100...550)))) }
            all.append(("designers", Document(fields)))
            all.append(
                (
                    "tailors",
                    [
                        "_id": .string("t\(index)"), "name": "T",
                        "location": ["type": "Point", "coordinates": [1.5, 2.5]],
                        "regions": .array(
                            BSONArray(
                                ["BA", "Bayern", "Nowhere"].shuffled(using: &random).prefix(number(1...3)).map {
                                    .string($0)
                                })),
                        "capacityPerDay": .integer(number(1...3)),
                    ]
                ))
            all.append(
                (
                    "campaigns",
                    [
                        "_id": .string("k\(index)"), "name": "K", "channel": .string(one(["email", "influencer"])),
                        "influencer": chance(0.6) ? .string(one(["ann", "bob"])) : .null,
                        "startsAt": .date(moment()), "endsAt": .date(moment()),
                        "spend": .decimal(decimal(one([0, 10000, 25050]))),
                    ]
                ))
        }
        for product in OddShop.products {
            all.append(
                (
                    "products",
                    [
                        "_id": .string(product), "kind": product == "p13" ? "service" : "product", "name": "N",
                        "active": .bool(chance(0.8)), "price": .decimal(decimal(amount())),
                        "category": chance(0.8) ? .string(one(["dresses", "Dresses", "suits"])) : .null,
                        "supplierId": chance(0.8) ? .string(one(["u1", "u2", "u3"])) : .null,
                        "sustainabilityScore": chance(0.7) ? one([.integer(0), .integer(100), .double(66.5)]) : .null,
                    ]
                ))
            for location in ["Lyon", "Berlin"] where chance(0.6) {
                all.append(
                    (
                        "inventory",
                        [
                            "_id": .string("\(product)/\(location)"), "productId": .string(product),
                            "location": .string(location), "onHand": .integer(one([0, 0, 3, 10])),
                            "reserved": .integer(one([0, 1, 3])), "reorderPoint": .integer(one([0, 5])),
                            "reorderQuantity": 5, "unitCost": chance(0.75) ? .decimal(decimal(amount())) : .null,
                        ]
                    ))
            }
        }
        return all
    }

    private mutating func session() -> Document {
        [
            "_id": .null, "customerId": .string(one(OddShop.customers)), "designerId": .string("d\(number(0...4))"),
            "mode": .string(one(["virtual", "inHome"])),
            "status": .string(one(["booked", "completed", "cancelled", "noShow"])),
            "scheduledAt": .date(moment(0...540)), "minutes": .integer(one([30, 45])),
            "feedback": chance(0.6) ? ["score": .integer(number(1...5))] : .null,
        ]
    }

    private mutating func order(_ id: String) -> Document {
        let isReturn = chance(0.2)
        let orderedAt = moment()
        let status =
            isReturn
            ? "returned"
            : one([
                "created", "approved", "shipped", "delivered", "delivered", "delivered", "completed", "canceled",
                "unavailable",
            ])
        var total = 0
        let items = (0..<one([0, 1, 1, 2, 3, 5])).map { index -> BSONValue in
            let product = one(OddShop.products)
            let quantity = one(isReturn ? [-1, -2, 0, 1] : [1, 1, 2, 3, 0, -1, 10])
            let price = chance(0.5) ? one([1000, 1200, 800]) : one([amount(), 0, -500])
            let sum = quantity * price
            let discount =
                chance(0.3)
                ? one([0, sum.magnitude / 1000 * 100, sum.magnitude / 500 * 100, 100].map { Int($0) }) : nil
            total += sum - (discount ?? 0)
            return [
                "line": .integer(index + 1), "productId": .string(product), "quantity": .integer(quantity),
                "unitPrice": .decimal(decimal(price)), "discount": discount.map { .decimal(decimal($0)) } ?? .null,
                "service": product == "p13" ? true : .null,
            ]
        }
        let paid = chance(0.7) ? total : total + one([1, -1, 500])
        let payments: [BSONValue] =
            chance(0.8)
            ? [
                [
                    "sequence": 1, "type": .string(one(["card", "voucher"])), "installments": .integer(number(0...3)),
                    "amount": .decimal(decimal(paid - 1)),
                ],
                ["sequence": 2, "type": "card", "amount": .decimal(decimal(1))],
            ] : []
        return [
            "_id": .string(id), "kind": isReturn ? "return" : chance(0.05) ? "adjustment" : "sale",
            "status": .string(status), "orderedAt": .date(orderedAt), "channel": .string(one(["online", "shop"])),
            "approvedAt": chance(0.3) ? .date(orderedAt + 1000) : .null,
            "customerId": chance(0.8) ? .string(one(OddShop.customers)) : .null,
            "country": chance(0.7) ? .string(one(["Brazil", "Germany"])) : .null,
            "sessionId": chance(0.2) ? .string("s\(number(0...29))") : .null,
            "campaignId": chance(0.3) ? .string("k\(number(0...4))") : .null, "items": .array(BSONArray(items)),
            "payments": chance(0.9) ? .array(BSONArray(payments)) : .null,
            "delivery": chance(0.85) ? .document(delivery(orderedAt)) : .null, "total": .decimal(decimal(total)),
        ]
    }

    private mutating func delivery(_ orderedAt: Int64) -> Document {
        let promised = (orderedAt / OddShop.day + Int64(one([7, 14]))) * OddShop.day
        let shipped = orderedAt + Int64(number(-5...100)) * 3_600_000
        let late = Int64(one([-14, -7, 3, 7, 14, 20])) * OddShop.day
        return [
            "method": "ship", "state": chance(0.8) ? .string(one(["Bayern", "BA", "São Paulo"])) : .null,
            "estimatedAt": chance(0.85) ? .date(promised) : .null, "shippedAt": chance(0.7) ? .date(shipped) : .null,
            "deliveredAt": chance(0.8)
                ? .date(one([promised, promised + 1, promised + late, shipped + 3 * OddShop.day])) : .null,
        ]
    }

    private mutating func review(_ id: String, of order: String) -> Document {
        let createdAt = moment()
        return [
            "_id": .string(id), "orderId": .string(order), "score": .integer(number(1...5)),
            "productIds": .array(BSONArray((0..<number(0...3)).map { _ in .string(one(OddShop.products)) })),
            "createdAt": .date(createdAt),
            "answeredAt": chance(0.6) ? .date(createdAt + Int64(one([0, number(0...300_000_000)]))) : .null,
        ]
    }

    private mutating func view(_ id: String, before order: Document) -> Document {
        let hours = Int64(one([0, 1, 24, 25, -1, 720]))
        let item = order["items"]?.arrayValue?.first?.documentValue
        return [
            "_id": .string(id), "productId": chance(0.7) ? item?["productId"] ?? "p1" : .string(one(OddShop.products)),
            "at": .date((order["orderedAt"]?.dateValue ?? 0) - hours * 3_600_000),
            "source": .string(one(["email", "search", "p1"])),
            "customerId": chance(0.8) ? order["customerId"] ?? .null : .null,
        ]
    }

    private mutating func appointment(_ id: String) -> Document {
        [
            "_id": .string(id), "customerId": .string(one(OddShop.customers)), "tailorId": "t1",
            "at": .date(moment(0...30)), "minutes": 45,
            "address": ["state": chance(0.8) ? .string(one(["Bayern", "BA", "São Paulo"])) : .null],
            "status": .string(one(["booked", "completed", "cancelled"])),
        ]
    }
}
