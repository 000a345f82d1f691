import BSON
import DocumentStore
import Glibc
import Testing

@testable import Recommendations

/// What is asked and answered, on a shop small enough to know.
@Suite final class QuestionTests {
    private let folder: String
    private let store: Store
    private var database: Database { store.database }

    init() throws {
        var template = Array("/tmp/atelier-recommendations-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
        store = try Store("\(folder)/shop.store")
        var products: [Document] = []
        for (number, id) in ["belt", "cape", "coat", "hat", "scarf", "suit"].enumerated() {
            products.append([
                "_id": .string(id), "name": .string("The \(id)"), "category": .string(number % 2 == 0 ? "even" : "odd"),
                "price": .decimal(try #require(Decimal128("\(10 * (number + 1))"))), "currency": "EUR",
                "active": .bool(id != "cape"), "designerId": .string(number < 3 ? "D1" : "D2"),
                "sustainabilityScore": .int32(Int32(10 * number)),
            ])
        }
        _ = try database.collection("products").insert(products)
        _ = try database.collection("customers").insert([
            ["_id": "ann"], ["_id": "bea"], ["_id": "cat"], ["_id": "new"], ["_id": "window"],
            ["_id": "private", "consent": ["marketing": true, "analytics": false]],
            ["_id": "dan", "consent": ["marketing": true, "analytics": true]],
        ])
        let sales: [(String, [String])] = [
            ("ann", ["coat", "hat"]), ("bea", ["coat", "hat", "scarf"]), ("bea", ["coat"]),
            ("cat", ["belt", "suit", "cape"]),
            ("dan", ["hat", "scarf"]), ("private", ["suit"]), ("private", ["suit", "coat"]),
        ]
        var orders: [Document] = []
        for (number, sale) in sales.enumerated() {
            var lines: [Document] = sale.1.map {
                ["productId": .string($0), "quantity": .int32(1), "unitPrice": .decimal(Decimal128(1))]
            }
            lines.append([
                "productId": "postage", "quantity": .int32(1), "unitPrice": .decimal(Decimal128(1)), "service": true,
            ])
            lines.append(["productId": "gift", "quantity": .int32(1), "unitPrice": .decimal(Decimal128(0))])
            orders.append([
                "_id": .string("\(number)"), "kind": "sale", "customerId": .string(sale.0),
                "orderedAt": .date(Int64(number) * 86_400_000), "items": .array(BSONArray(documents: lines)),
            ])
        }
        orders.append([
            "_id": "guest", "kind": "sale", "orderedAt": .date(0), "items": [["productId": "hat"] as BSONValue],
        ])
        _ = try database.collection("orders").insert(orders)
        _ = try database.collection("inventory").insert([
            ["_id": "1", "productId": "scarf", "onHand": .int32(5), "reserved": .int32(5)],
            ["_id": "2", "productId": "hat", "onHand": .int32(5), "reserved": .int32(4)],
            ["_id": "3", "productId": "suit", "onHand": .int32(1)],
        ])
        _ = try database.collection("productViews").insert([["_id": "1", "customerId": "window", "productId": "scarf"]])
        _ = try database.collection("designers").insert([["_id": "D1"], ["_id": "D2"]])
        _ = try database.collection("designSessions").insert([
            ["_id": "1", "customerId": "ann", "designerId": "D2", "status": "completed"],
            ["_id": "2", "customerId": "cat", "designerId": "D2", "status": "cancelled"],
        ])
    }

    deinit {
        store.close()
        for name in ["shop.store", "shop.store-lock"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private func ask(_ subject: ProductQuestion.Subject, _ change: (inout ProductQuestion) -> Void = { _ in }) throws
        -> ProductAnswer
    {
        var question = ProductQuestion(subject)
        question.method = .cosine
        change(&question)
        return try question.answer(Recommender(PurchaseLog(reading: database)), in: database)
    }

    private func ids(_ answer: ProductAnswer) -> [String] { answer.items.map(\.productId) }

    @Test func whoDoesNotAgreeIsNotLearntFromAndServicesAndGiftsDoNotCount() throws {
        let log = try PurchaseLog(reading: database)
        #expect(log.customers == ["ann", "bea", "cat", "dan"])
        #expect(log.products == ["belt", "cape", "coat", "hat", "scarf", "suit"])
        #expect(log.basketCount == 5)
        #expect(log.lastOrder == Int64(345_600_000))
        let answer = try ask(.customer("private"))
        #expect(answer.method == .popularity && answer.fallback == "private does not agree to be analysed")
        #expect(ids(answer).first == "hat")
    }

    @Test(arguments: ["canceled", "unavailable"])
    func whatWasNotSoldDoesNotCount(_ status: String) throws {
        let order: (String) -> Document = { status in
            [
                "_id": "late", "kind": "sale", "status": .string(status), "customerId": "ann",
                "orderedAt": .date(900_000_000),
                "items": [
                    ["productId": "suit", "quantity": .int32(1), "unitPrice": .decimal(Decimal128(1))] as BSONValue
                ],
            ]
        }
        let before = try OrderState(of: database)
        _ = try database.collection("orders").insert([order("delivered")])
        let sold = try OrderState(of: database)
        let bought = try ask(.customer("ann")) { $0.method = .repeat }
        #expect(bought.items.first { $0.productId == "suit" }?.reasons.first?.kind == .again)
        _ = try database.collection("orders").updateOne(["_id": "late"], ["$set": ["status": .string(status)]])
        let log = try PurchaseLog(reading: database)
        #expect(log.basketCount == 5 && log.lastOrder == Int64(345_600_000))
        let answer = try ask(.customer("ann")) { $0.method = .repeat }
        #expect(answer.items.first { $0.productId == "suit" }?.reasons.contains { $0.kind == .again } != true)
        // The number of orders is the same; that one changed in place shows nevertheless.
        #expect(try before != sold && OrderState(of: database) != sold)
    }

    @Test func whatIsKnownDecidesAndPopularityFills() throws {
        let answer = try ask(.customer("ann")) { $0.filter.isNew = true }
        // Only the scarf goes with coat and hat; belt and suit are popular, and the cape is not sold any more.
        #expect(ids(answer) == ["scarf", "belt", "suit"])
        #expect(answer.items.map(\.source) == ["cosine", "popularity", "popularity"])
        #expect(answer.fallback == nil && answer.lastOrder == Int64(345_600_000))
        #expect(abs(answer.items[0].reasons.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        #expect(answer.items[0].reasons.map(\.productId) == ["hat", "coat"])
        #expect(
            answer.items[0].sentence(about: answer.subject).hasPrefix("it goes with The hat (")
                && answer.items[0].sentence(about: answer.subject).hasSuffix("which ann bought"))
    }

    @Test func coldStartsAreLabelled() throws {
        let nothing = try ask(.customer("new"))
        #expect(nothing.method == .popularity && nothing.fallback == "new has not bought anything yet")
        #expect(ids(nothing) == ["hat", "coat", "scarf", "belt", "suit"])
        let looked = try ask(.customer("window"))
        #expect(looked.method == .cosine && looked.fallback?.hasSuffix("looked at products") == true)
        #expect(
            looked.items.first?.reasons.first?.kind == .product("looked at")
                || looked.items.first?.reasons.first?.kind == .seen)
        // Rows say it too, of each product.
        #expect(nothing.items.allSatisfy { $0.source == "popularity" && $0.fallback == nothing.fallback })
        #expect(looked.items.first?.source == "viewed" && looked.items.first?.fallback == looked.fallback)
        #expect(looked.items.first?.document(explained: false)["fallback"] == looked.fallback.map { .string($0) })
        #expect(nothing.items[0].reasons.first?.text == "3 customers who agree to analysis")
    }

    @Test func whatRanksByPopularityIsCalledSo() throws {
        let basket = try ask(.basket(["coat"])) { $0.method = .repeat }
        #expect(basket.method == .popularity && basket.fallback == "the method repeat says nothing of these products")
        #expect(basket.items.allSatisfy { $0.source == "popularity" && $0.fallback == basket.fallback })
        let new = try ask(.customer("ann")) {
            $0.method = .repeat
            $0.filter.isNew = true
        }
        #expect(new.method == .popularity && !new.items.isEmpty && new.fallback == basket.fallback)
        let mixed = try ask(.customer("ann")) { $0.method = .repeat }
        #expect(mixed.method == .repeat && mixed.fallback == nil)
        #expect(mixed.items.map(\.source) == ["repeat", "repeat", "popularity", "popularity", "popularity"])
        #expect(mixed.items.last?.fallback == "the method repeat says nothing of it" && mixed.items[0].fallback == nil)
        #expect(mixed.notes.first == "3 products follow by popularity: the method repeat says nothing of more.")
    }

    @Test func whatCouldNotBeDoneIsSaid() throws {
        let answer = try ask(.customer("private")) { $0.filter.isNew = true }
        #expect(
            answer.notes.contains { $0.hasPrefix("“Only new” could not be applied: the orders of private may not") })
        let unknown = try ask(.customer("ann")) {
            $0.filter.promoted = ["suitt", "cape"]
            $0.filter.excluded = ["beltt", "belt"]
            $0.filter.categories = ["odd", "evenn"]
        }
        for note in [
            "There is no product suitt to promote. Did you mean suit?",
            "cape is not promoted: it does not meet the conditions.",
            "There is no product beltt to exclude. Did you mean belt?",
            "There is no category evenn. Did you mean even?",
        ] { #expect(unknown.notes.contains(note), "\(unknown.notes)") }
        #expect(!unknown.notes.contains { $0.contains("product belt ") })
        let wrong = #expect(throws: AtelierError.self) {
            try self.ask(.customer("ann")) {
                $0.filter.excluded = ["belt"]
                $0.filter.matching = ["name": ["$gtt": 1]]
            }
        }
        #expect(wrong?.location == "filter.name.$gtt")
    }

    @Test func reasonsReadNaturally() {
        func reason(_ kind: Reason.Kind, _ count: Int, _ share: Double, _ isOfConsenting: Bool = false) -> Reason {
            Reason(kind: kind, productId: nil, name: nil, count: count, share: share, isOfConsenting: isOfConsenting)
        }
        func sentence(_ reasons: [Reason]) -> String {
            RecommendedProduct(
                rank: 1, productId: "x", facts: nil, score: 1, source: "blend", reasons: reasons
            ).sentence(about: .customer("ann"))
        }
        #expect(
            sentence([reason(.again, 2, 0.9), reason(.others, 3, 0.1), reason(.against, 1, -0.05)])
                == "ann bought it in 2 orders (90 %); besides 3 smaller reasons (10 %), and 1 reason speaks against it (5 %)"
        )
        #expect(
            sentence([reason(.again, 1, 1), reason(.against, 2, -0.05)])
                == "ann bought it in one order; 2 reasons speak against it (5 %)")
        #expect(sentence([reason(.popularity, 1, 1, true)]) == "bought by 1 customer who agrees to analysis")
        #expect(sentence([reason(.popularity, 7, 1)]) == "bought by 7 customers")
    }

    @Test func conditionsHold() throws {
        func new(_ change: (inout ProductFilter) -> Void) throws -> [String] {
            try ids(ask(.customer("new")) { change(&$0.filter) })
        }
        #expect(try new { $0.inStock = true } == ["hat", "suit"])
        #expect(try new { $0.minimumPrice = Decimal128(30) } == ["hat", "coat", "scarf", "suit"])
        #expect(try new { $0.maximumPrice = Decimal128(30) } == ["coat", "belt"])
        #expect(try new { $0.categories = ["odd"] } == ["hat", "suit"])
        #expect(try new { $0.minimumSustainability = 40 } == ["scarf", "suit"])
        #expect(try new { $0.matching = ["name": ["$regex": "^The [bh]"]] } == ["hat", "belt"])
        #expect(try new { $0.excluded = ["hat", "belt"] } == ["coat", "scarf", "suit"])
        #expect(try new { $0.perCategory = 1 } == ["hat", "coat"])
        #expect(try new { $0.categories = ["none"] }.isEmpty)
        let promoted = try ask(.customer("new")) { $0.filter.promoted = ["suit", "cape"] }
        // The cape is not sold any more, promoted or not.
        #expect(ids(promoted).first == "suit" && promoted.items[0].source == "promoted")
        #expect(!ids(promoted).contains("cape"))
    }

    @Test func basketsAndLikenessLeaveOutWhatIsGiven() throws {
        #expect(try ids(ask(.basket(["coat", "hat"]))).first == "scarf")
        #expect(try !ids(ask(.basket(["coat", "hat"]))).contains("hat"))
        #expect(try ids(ask(.like("suit"))).first == "belt")
        #expect(try ask(.like("suit")).items[0].reasons.map(\.kind) == [.product("like")])
    }

    @Test func designersShowTheirOwn() throws {
        let answer = try ask(.designer("D2")) { $0.filter.designer = "D2" }
        #expect(answer.audienceSize == 1 && Set(ids(answer)).isSubset(of: ["hat", "scarf", "suit"]))
        let nobody = try ask(.designer("D1")) { $0.filter.designer = "D1" }
        #expect(nobody.fallback == "no customer who met D1 has bought anything yet")
    }

    @Test func diversityPutsUnlikeProductsFirst() throws {
        let alike = try ask(.customer("bea")) { $0.limit = 3 }
        let unlike = try ask(.customer("bea")) {
            $0.limit = 3
            $0.filter.diversity = 1
        }
        #expect(ids(alike).first == ids(unlike).first)
        #expect(Set(ids(alike)) == ["coat", "hat", "scarf"] && ids(unlike).count == 3)
    }

    @Test(arguments: RecommendationMethod.allCases)
    func sharesAddUpWhateverTheMethod(_ method: RecommendationMethod) throws {
        let answer = try ask(.customer("bea")) { $0.method = method }
        #expect(!answer.items.isEmpty)
        for item in answer.items where item.source == method.rawValue {
            #expect(abs(item.reasons.reduce(0) { $0 + max(0, $1.share) } - 1) < 1e-6, "\(item)")
            #expect(item.reasons.allSatisfy { $0.kind == .against ? $0.share < 0 : 0...1 ~= $0.share }, "\(item)")
            // Nothing is explained by itself.
            #expect(!item.reasons.contains { $0.productId == item.productId }, "\(item)")
        }
        if let coat = answer.items.first(where: { $0.productId == "coat" }), [.walk, .bm25, .blend].contains(method) {
            #expect(coat.sentence(about: answer.subject).contains("bea bought it in 2 orders"), "\(coat)")
        }
        #expect(try ids(ask(.customer("bea")) { $0.method = method }) == ids(answer))
    }

    @Test func whatThereIsNotIsSaid() throws {
        for subject: ProductQuestion.Subject in [.customer("an"), .basket(["hatt"]), .like("hatt"), .designer("D3")] {
            #expect(throws: AtelierError.self) { try self.ask(subject) }
        }
        do {
            _ = try ask(.like("hatt"))
        } catch let error as AtelierError {
            #expect(error.code == .noSuchKey && error.message == "there is no product hatt")
            #expect(error.advice == "Did you mean hat?")
        }
    }

    @Test func customersAreAlikeByWhatTheyBuy() throws {
        var question = CustomerQuestion(like: "ann")
        let recommender = Recommender(try PurchaseLog(reading: database))
        let answer = try question.answer(recommender, in: database)
        #expect(answer.items.map(\.customerId) == ["bea", "dan"])
        #expect(answer.items[0].sharedProducts == 2 && answer.items[0].similarity <= 1)
        #expect(abs(answer.items[0].reasons.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        question.consented = true
        #expect(try question.answer(recommender, in: database).items.map(\.customerId) == ["dan"])
    }

    @Test func designersSuitByMeetingsPurchasesAndWords() throws {
        let recommender = Recommender(try PurchaseLog(reading: database))
        let answer = try DesignerQuestion(.customer("ann")).answer(recommender, in: database)
        #expect(answer.items.map(\.designerId) == ["D2", "D1"])
        for item in answer.items { #expect(abs(item.reasons.reduce(0) { $0 + $1.share } - 1) < 1e-9) }
        let withheld = try DesignerQuestion(.customer("private")).answer(recommender, in: database)
        #expect(withheld.fallback == "private does not agree to be analysed" && !withheld.items.isEmpty)
        #expect(
            withheld.items.allSatisfy { $0.document(explained: false)["fallback"]?.stringValue == withheld.fallback })
        let brief = try DesignerQuestion(.brief("A coat, please")).answer(recommender, in: database)
        #expect(brief.items.map(\.designerId) == ["D1"])
        let nothing = try DesignerQuestion(.brief("submarine")).answer(recommender, in: database)
        #expect(nothing.fallback != nil && nothing.items.map(\.designerId) == ["D2"])
        #expect(throws: AtelierError.self) { try DesignerQuestion(.brief("")).answer(recommender, in: self.database) }
    }
}
