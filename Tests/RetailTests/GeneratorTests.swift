import BSON
import Testing

@testable import Retail

@Suite struct GeneratorTests {
    /// Everything a generator makes, by collection.
    private func generate(orders: Int, seed: UInt64 = 7, days: Int = 730) throws -> [String: [Document]] {
        var made: [String: [Document]] = [:]
        try Generator(GeneratorOptions(orders: orders, seed: seed, days: days)).forEachBatch { name, documents in
            made[name, default: []] += documents
        }
        return made
    }

    /// FNV-1a over the names and bytes of all batches in order.
    private func fingerprint(orders: Int, seed: UInt64) throws -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        try Generator(GeneratorOptions(orders: orders, seed: seed)).forEachBatch { name, documents in
            add(name.utf8)
            for document in documents { add(document.bytes) }
        }
        return hash
    }

    @Test func theSameSeedGivesTheSameBytesAndAnotherDoesNot() throws {
        let first = try fingerprint(orders: 300, seed: 1)
        #expect(try fingerprint(orders: 300, seed: 1) == first)
        #expect(try fingerprint(orders: 300, seed: 2) != first)
    }

    /// The bytes are part of what is promised: examples and tests elsewhere are built on them.
    @Test func theBytesOfASeedStayWhatTheyAre() throws {
        #expect(try fingerprint(orders: 300, seed: 1) == 0x2BCB_4B21_C2D9_0D56)
    }

    @Test func everyCollectionIsFilledAndEveryReferenceLeadsSomewhere() throws {
        let made = try generate(orders: 1500)
        let catalog = try CollectionCatalog.standard()
        var ids: [String: Set<String>] = [:]
        for (name, documents) in made {
            #expect(catalog[name] != nil)
            let own = documents.compactMap { $0["_id"]?.stringValue }
            ids[name] = Set(own)
            #expect(ids[name]?.count == documents.count, "\(name) repeats an _id")
        }
        let all = [
            "customers", "products", "inventory", "orders", "designSessions", "designers", "tailors", "appointments",
            "reviews",
            "productViews", "campaigns", "sellers", "suppliers",
        ]
        #expect(Set(made.keys) == Set(all))
        // The tables' foreign keys say what refers to what.
        let tables = catalog.definitions.flatMap { definition in
            (definition.relational?.tables ?? []).map { (definition.name, $0) }
        }
        let owners = Dictionary(tables.map { ($0.1.name, $0.0) }, uniquingKeysWith: { first, _ in first })
        var checked = 0
        for (name, table) in tables {
            for key in table.foreignKeys {
                let column = table.columns.firstIndex { $0.name == key.columns[0] }!
                let target = ids[owners[key.table]!] ?? []
                for document in made[name] ?? [] {
                    document.withView { view in
                        table.forEachRow(of: view) { row in
                            if row[column].isMissing { return }
                            checked += 1
                            #expect(target.contains(row[column].asString), "\(name) \(table.name).\(key.columns[0])")
                        }
                    }
                }
            }
        }
        #expect(checked > 10_000)
    }

    @Test func ordersAddUpAndMoveForwardInTime() throws {
        let end = GeneratorOptions.defaultEnd
        let orders = try generate(orders: 1500)["orders"]!
        #expect(orders.count { $0["kind"] == "sale" } == 1500)
        #expect(orders.contains { $0["kind"] == "return" })
        for order in orders {
            var total = Decimal128(cents: 0)
            for (index, item) in order["items"]!.arrayValue!.compactMap(\.documentValue).enumerated() {
                #expect(item["line"] == .integer(index + 1))
                total =
                    total + decimal(item["unitPrice"]) * Decimal128(item["quantity"]!.integerValue!)
                    + decimal(item["freight"])
                    - decimal(item["discount"])
            }
            #expect(total.compare(decimal(order["total"])) == 0)
            #expect((order["kind"] == "sale") == !decimal(order["total"]).isNegative)
            if order["status"] != "canceled" {
                let paid = order["payments"]!.arrayValue!.reduce(Decimal128(cents: 0)) {
                    $0 + decimal($1.documentValue?["amount"])
                }
                #expect(paid.compare(total) == 0)
            }
            let delivery = order["delivery"]?.documentValue
            let times = [order["orderedAt"], order["approvedAt"], delivery?["shippedAt"], delivery?["deliveredAt"]]
                .compactMap { $0?.dateValue }
            #expect(times == times.sorted())
            #expect(times.allSatisfy { $0 <= end })
            #expect((order["status"] == "delivered") == (delivery?["deliveredAt"] != nil))
        }
    }

    @Test func nobodyActsBeforeTheyAreKnownAndSessionsComeBeforeTheirOrders() throws {
        let made = try generate(orders: 1500)
        let known = Dictionary(
            uniqueKeysWithValues: made["customers"]!.map { ($0["_id"]!.stringValue!, $0["createdAt"]!.dateValue!) })
        let offered = Dictionary(
            uniqueKeysWithValues: made["products"]!.map { ($0["_id"]!.stringValue!, $0["createdAt"]!.dateValue!) })
        for (name, field) in [
            ("orders", "orderedAt"), ("designSessions", "scheduledAt"), ("appointments", "at"),
            ("reviews", "createdAt"), ("productViews", "at"),
        ] {
            for document in made[name]! {
                let time = document[field]!.dateValue!
                if let customer = document["customerId"]?.stringValue { #expect(known[customer]! <= time, "\(name)") }
                let products =
                    (document["productIds"]?.arrayValue ?? []) + [document["productId"]].compactMap(\.self)
                    + (document["items"]?.arrayValue ?? []).compactMap { $0.documentValue?["productId"] }
                for product in products { #expect(offered[product.stringValue!]! <= time, "\(name)") }
            }
        }
        let sessions = Dictionary(uniqueKeysWithValues: made["designSessions"]!.map { ($0["_id"]!.stringValue!, $0) })
        var linked = 0
        for order in made["orders"]! {
            guard let id = order["sessionId"]?.stringValue, let session = sessions[id] else { continue }
            linked += 1
            #expect(session["status"] == "completed")
            #expect(session["customerId"] == order["customerId"])
            #expect(session["scheduledAt"]!.dateValue! < order["orderedAt"]!.dateValue!)
        }
        #expect(linked > 300)
        for session in made["designSessions"]! {
            #expect(
                (session["status"] == "booked") == (session["scheduledAt"]!.dateValue! >= GeneratorOptions.defaultEnd))
        }
    }

    @Test func designersAndTailorsKeepTheirHours() throws {
        let made = try generate(orders: 1500)
        let designers = Dictionary(uniqueKeysWithValues: made["designers"]!.map { ($0["_id"]!.stringValue!, $0) })
        for session in made["designSessions"]! {
            let date = UTCDate(milliseconds: session["scheduledAt"]!.dateValue!)
            let designer = designers[session["designerId"]!.stringValue!]!
            let clock = (date.hour < 10 ? "0" : "") + "\(date.hour):" + (date.minute == 0 ? "00" : "30")
            let open = designer["availability"]!.arrayValue!.compactMap(\.documentValue).contains {
                $0["weekday"] == .integer(date.isoDayOfWeek) && $0["from"]!.stringValue! <= clock
                    && clock < $0["to"]!.stringValue!
            }
            #expect(open)
            #expect(designer["expertise"]!.arrayValue!.contains(session["style"]!))
        }
        let capacities = Dictionary(
            uniqueKeysWithValues: made["tailors"]!.map {
                ($0["_id"]!.stringValue!, Int($0["capacityPerDay"]!.integerValue!))
            })
        let regions = Dictionary(
            uniqueKeysWithValues: made["tailors"]!.map { ($0["_id"]!.stringValue!, $0["regions"]!.arrayValue!) })
        var visits: [String: Int] = [:]
        for appointment in made["appointments"]! {
            let tailor = appointment["tailorId"]!.stringValue!
            visits["\(tailor) \(appointment["at"]!.dateValue! / 86_400_000)", default: 0] += 1
            #expect(regions[tailor]!.contains(appointment["address"]!.documentValue!["state"]!))
        }
        for (key, count) in visits { #expect(count <= capacities[String(key.prefix { $0 != " " })]!) }
    }

    /// The shapes that analyses look for are there.
    @Test func theDataIsSkewedAsRealDataIs() throws {
        let made = try generate(orders: 4000)
        let sales = made["orders"]!.filter { $0["kind"] == "sale" }
        var perCustomer: [String: Int] = [:]
        var perProduct: [String: Int] = [:]
        for order in sales {
            if let customer = order["customerId"]?.stringValue { perCustomer[customer, default: 0] += 1 }
            for item in order["items"]!.arrayValue! {
                perProduct[item.documentValue!["productId"]!.stringValue!, default: 0] += 1
            }
        }
        let repeated = Double(perCustomer.values.count { $0 > 1 }) / Double(perCustomer.count)
        #expect(0.2...0.6 ~= repeated, "repeat rate \(repeated)")
        #expect(perCustomer.values.max()! >= 10)
        let counts = perProduct.values.sorted(by: >)
        let top = Double(counts.prefix(counts.count / 5).reduce(0, +)) / Double(counts.reduce(0, +))
        #expect(0.35...0.85 ~= top, "share of the top fifth \(top)")
        var late: [Double] = []
        var onTime: [Double] = []
        let orders = Dictionary(uniqueKeysWithValues: sales.map { ($0["_id"]!.stringValue!, $0) })
        for review in made["reviews"]! {
            let delivery = orders[review["orderId"]!.stringValue!]!["delivery"]!.documentValue!
            let isLate = delivery["deliveredAt"]!.dateValue! > delivery["estimatedAt"]!.dateValue!
            if isLate {
                late.append(review["score"]!.doubleValue!)
            } else {
                onTime.append(review["score"]!.doubleValue!)
            }
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        #expect(0.04...0.25 ~= Double(late.count) / Double(late.count + onTime.count))
        #expect(mean(onTime) - mean(late) > 1)
        var perMonth: [Int: Int] = [:]
        for order in sales { perMonth[UTCDate(milliseconds: order["orderedAt"]!.dateValue!).month, default: 0] += 1 }
        #expect(perMonth[12]! > perMonth[2]! * 13 / 10)
        #expect(
            Set(made["designSessions"]!.compactMap { $0["status"]?.stringValue }) == [
                "booked", "completed", "cancelled", "noShow",
            ])
    }

    @Test func smallNumbersAndBadOptions() throws {
        let none = try generate(orders: 0)
        #expect(none["orders"] == nil)
        #expect(none["products"]?.count == 40)
        #expect(try generate(orders: 1, days: 30)["orders"]?.count { $0["kind"] == "sale" } == 1)
        #expect(throws: AtelierError.self) { try GeneratorOptions(orders: -1) }
        #expect(throws: AtelierError.self) { try GeneratorOptions(orders: 1, days: 3) }
        #expect(throws: AtelierError.self) { try GeneratorOptions(orders: 1, end: 5) }
    }

    @Test func portableFunctionsAreClose() {
        for i in 1...200 {
            let x = Double(i) * 0.37
            #expect(abs(PortableMath.exp(PortableMath.log(x)) / x - 1) < 1e-14)
            #expect(abs(PortableMath.pow(x, 1.05) / (x * PortableMath.exp(0.05 * PortableMath.log(x))) - 1) < 1e-14)
        }
        #expect(abs(PortableMath.exp(1) - 2.718281828459045) < 1e-15)
        #expect(abs(PortableMath.log(10) - 2.302585092994046) < 1e-15)
    }

    private func decimal(_ value: BSONValue?) -> Decimal128 {
        if case .decimal(let number) = value { number } else { Decimal128(cents: 0) }
    }
}
