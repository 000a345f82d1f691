import BSON

/// Goes through the days of the generated shop and makes what happens on each.
final class Timeline {
    let shop: ShopModel
    let sink: GeneratedBatches
    /// How many customers there are so far; the next gets this number.
    private(set) var customerCount = 0
    private var sessionCount = 0
    private var appointmentCount = 0
    private var visitCount = 0
    private var viewCount = 0
    private var reviewCount = 0
    /// Visits each tailor has on a day, for the days that may still get some.
    private var tailorVisits: [Int: [Int]] = [:]
    /// Designers by style, goods by designer and by style, tailors by place.
    let designersByStyle: [[Int]]
    let productsByDesigner: [[Int]]
    let tailorsByPlace: [[Int]]

    init(_ shop: ShopModel, _ sink: GeneratedBatches) {
        self.shop = shop
        self.sink = sink
        designersByStyle = Vocabulary.styles.indices.map { style in
            shop.designers.indices.filter { shop.designers[$0].styles.contains(style) }
        }
        var byDesigner = [[Int]](repeating: [], count: shop.designers.count)
        for (index, product) in shop.products.enumerated() { byDesigner[product.designer].append(index) }
        productsByDesigner = byDesigner
        tailorsByPlace = Vocabulary.places.indices.map { place in
            shop.tailors.indices.filter { shop.tailors[$0].places.contains(place) }
        }
    }

    func run() throws {
        let weights = cumulative((0..<shop.options.days).map(dayWeight))
        let total = weights[weights.count - 1]
        var made = 0
        for day in 0..<shop.options.days {
            let goal = Int((Double(shop.options.orders) * weights[day] / total).rounded())
            var random = shop.random(.day, day)
            try runDay(day, orders: made..<goal, &random)
            made = goal
            tailorVisits[dayNumber(midnight(day)) - 40] = nil
        }
        try bookAhead()
    }

    /// Sales grow by a quarter a year; November and December are strong, weekends stronger than weekdays.
    private func dayWeight(_ day: Int) -> Double {
        let date = UTCDate(milliseconds: midnight(day))
        let season = [0.86, 0.82, 0.95, 1.0, 1.06, 1.02, 0.88, 0.84, 1.0, 1.06, 1.28, 1.34][date.month - 1]
        let weekday = [1.02, 0.96, 0.95, 0.97, 1.0, 1.12, 1.14][date.isoDayOfWeek - 1]
        return season * weekday * (1 + 0.25 * Double(day) / 365)
    }

    func midnight(_ day: Int) -> Int64 { shop.start + Int64(day) * ShopModel.day }

    func dayNumber(_ time: Int64) -> Int { Int(time / ShopModel.day) }

    private func runDay(_ day: Int, orders: Range<Int>, _ random: inout RandomSource) throws {
        // Most buy in the evening: the mean of two uniform numbers, from seven to midnight.
        let times = orders.map { _ in
            midnight(day) + Int64(7 * 3_600_000 + (random.unit() + random.unit()) / 2 * 61_199_000) / 1000 * 1000
        }.sorted()
        for (index, time) in zip(orders, times) {
            try makeOrder(index, at: time)
            var random = shop.random(.visit, index)
            if random.chance(0.08) { _ = try newCustomer(at: time, &random) }
            if random.chance(0.16) { try makeUnproductiveSession(at: time, &random) }
            for _ in 0..<random.below(3) { try makeVisit(at: time, &random) }
        }
    }

    // MARK: Customers

    /// A customer who has been known for at least a month, so that sessions before an order are after this.
    func newCustomer(at time: Int64, _ random: inout RandomSource) throws -> CustomerProfile {
        let profile = CustomerProfile(customerCount, in: shop)
        customerCount += 1
        let createdAt = time - Int64(random.within(30...60)) * ShopModel.day - Int64(random.below(86_400)) * 1000
        try sink.add("customers", profile.document(createdAt: createdAt))
        return profile
    }

    /// A known customer: those who came lately and those who are loyal come sooner.
    func returningCustomer(_ random: inout RandomSource) -> CustomerProfile {
        var profile = CustomerProfile(0, in: shop)
        for _ in 0..<8 {
            var index = random.below(customerCount)
            if random.chance(0.7) {
                index = max(0, customerCount - 1 - Int(random.exponential(mean: max(50, 0.15 * Double(customerCount)))))
            }
            profile = CustomerProfile(index, in: shop)
            if random.chance(profile.loyalty) { break }
        }
        return profile
    }

    /// New customers are many at first and about a third later.
    func customer(at time: Int64, _ random: inout RandomSource) throws -> CustomerProfile {
        let share = 0.34 + 40 / (Double(customerCount) + 60)
        return random.chance(share) || customerCount == 0
            ? try newCustomer(at: time, &random) : returningCustomer(&random)
    }

    // MARK: Goods

    /// A product that is on offer at a time, popular ones first, in a style the customer likes rather than not.
    func product(at time: Int64, for styles: [Int], _ random: inout RandomSource) -> Int {
        for _ in 0..<6 {
            let index = random.index(cumulative: shop.popularity)
            let product = shop.products[index]
            if product.createdAt <= time, styles.contains(product.style) || random.chance(0.35) { return index }
        }
        // The first ten were always there.
        return random.below(10)
    }

    // MARK: Numbers

    func nextSessionId() -> String {
        defer { sessionCount += 1 }
        return identifier("S", sessionCount, digits: 8)
    }

    func nextAppointmentId() -> String {
        defer { appointmentCount += 1 }
        return identifier("A", appointmentCount, digits: 8)
    }

    func nextVisitKey() -> String {
        defer { visitCount += 1 }
        return identifier("V", visitCount, digits: 9)
    }

    func nextViewId() -> String {
        defer { viewCount += 1 }
        return identifier("W", viewCount, digits: 9)
    }

    func nextReviewId() -> String {
        defer { reviewCount += 1 }
        return identifier("E", reviewCount, digits: 8)
    }

    /// A tailor near a place who has room on that day, and takes it; nil where all are busy.
    func freeTailor(near place: Int, on day: Int, _ random: inout RandomSource) -> ShopModel.Tailor? {
        let candidates = tailorsByPlace[place]
        let first = random.below(candidates.count)
        for offset in candidates.indices {
            let index = candidates[(first + offset) % candidates.count]
            var visits = tailorVisits[day] ?? [Int](repeating: 0, count: shop.tailors.count)
            guard visits[index] < shop.tailors[index].capacityPerDay else { continue }
            visits[index] += 1
            tailorVisits[day] = visits
            return shop.tailors[index]
        }
        return nil
    }
}
