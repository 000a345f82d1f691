import BSON

/// The generated shop's standing parts: goods, people who make them, campaigns. Small at any number of orders.
struct ShopModel {
    struct Product {
        let id: String
        let category: Int
        let style: Int
        let designer: Int
        let supplier: Int
        /// The seller who ships it; nil for the shop's own.
        let seller: Int?
        let priceCents: Int
        let createdAt: Int64
        /// 0 to 1: what customers will think of it.
        let quality: Double
        /// What is often bought with it.
        let companion: Int
    }

    struct Designer {
        let id: String
        let styles: [Int]
        let place: Int
        /// ISO weekdays, and the hours sessions may begin.
        let weekdays: [Int]
        let firstHour: Int
        let lastHour: Int
        let hiredAt: Int64
    }

    struct Tailor {
        let id: String
        let place: Int
        /// Places whose states they work in.
        let places: [Int]
        let capacityPerDay: Int
        let certifiedAt: Int64
    }

    struct Campaign {
        let id: String
        let channel: String
        let startsAt: Int64
        let endsAt: Int64
        /// Off the price, in hundredths.
        let discountPercent: Int
    }

    static let day: Int64 = 86_400_000

    let options: GeneratorOptions
    /// The first day's midnight.
    let start: Int64
    private(set) var products: [Product] = []
    /// The popularity of products, cumulative: Zipf's law over their rank, which is their number.
    let popularity: [Double]
    private(set) var designers: [Designer] = []
    private(set) var tailors: [Tailor] = []
    private(set) var campaigns: [Campaign] = []
    let supplierCount: Int
    let sellerCount: Int
    /// Where customers live, cumulative.
    let placeWeights: [Double]

    init(_ options: GeneratorOptions) {
        self.options = options
        start = options.end - Int64(options.days) * ShopModel.day
        let productCount = min(max(options.orders / 25, 40), 5000)
        supplierCount = min(max(productCount / 20, 5), 150)
        sellerCount = min(max(productCount / 25, 4), 100)
        placeWeights = cumulative(Vocabulary.places.map(\.weight))
        popularity = cumulative((0..<productCount).map { 1 / PortableMath.pow(Double($0) + 3, 1.05) })
        designers = (0..<min(max(options.orders / 400, Vocabulary.styles.count), 300)).map(makeDesigner)
        tailors = (0..<min(max(options.orders / 300, Vocabulary.places.count), 400)).map(makeTailor)
        products = (0..<productCount).map { makeProduct($0, of: productCount) }
        campaigns = makeCampaigns()
    }

    func random(_ stream: Stream, _ index: Int) -> RandomSource {
        RandomSource(seed: options.seed, stream: stream.rawValue, index: index)
    }

    /// One stream of random numbers for each kind of thing.
    enum Stream: UInt64 {
        case designer = 1
        case tailor, product, campaign, supplier, seller, customer, inventory, day, order, session, visit
    }

    private func makeDesigner(_ index: Int) -> Designer {
        var random = random(.designer, index)
        // Between them the first designers cover every style.
        let main = index % Vocabulary.styles.count
        let other = random.below(Vocabulary.styles.count)
        let firstDay = random.within(1...3)
        let firstHour = random.within(8...12)
        return Designer(
            id: identifier("D", index, digits: 4), styles: main == other ? [main] : [main, other].sorted(),
            place: random.index(cumulative: placeWeights),
            weekdays: Array(firstDay...(firstDay + random.within(2...4))),
            firstHour: firstHour, lastHour: firstHour + random.within(4...7),
            hiredAt: start - Int64(random.within(30...2000)) * ShopModel.day)
    }

    private func makeTailor(_ index: Int) -> Tailor {
        var random = random(.tailor, index)
        // Every place has a tailor before any has two.
        let place = index % Vocabulary.places.count
        let country = Vocabulary.places[place].country
        let neighbours = Vocabulary.places.indices.filter { $0 != place && Vocabulary.places[$0].country == country }
        let places = [place] + (neighbours.isEmpty || !random.chance(0.5) ? [] : [random.pick(neighbours)])
        return Tailor(
            id: identifier("T", index, digits: 4), place: place, places: places, capacityPerDay: random.within(2...6),
            certifiedAt: start - Int64(random.within(10...3000)) * ShopModel.day)
    }

    private func makeProduct(_ index: Int, of count: Int) -> Product {
        var random = random(.product, index)
        let category = random.index(cumulative: cumulative(Vocabulary.categories.map(\.weight)))
        let style = random.below(Vocabulary.styles.count)
        let experts = designers.indices.filter { designers[$0].styles.contains(style) }
        let price = PortableMath.exp(Vocabulary.categories[category].logPrice + 0.35 * random.normal())
        // Three in four were there before the first day; the others came within the time, the last two months before its end.
        let createdAt =
            index < 10 || random.chance(0.75)
            ? start - Int64(random.within(1...700)) * ShopModel.day
            : start + Int64(random.within(0...max(0, options.days - 60))) * ShopModel.day
        return Product(
            id: identifier("P", index, digits: 5), category: category, style: style, designer: random.pick(experts),
            supplier: random.below(supplierCount), seller: random.chance(0.2) ? random.below(sellerCount) : nil,
            priceCents: max(500, Int((price * 100).rounded())), createdAt: createdAt,
            quality: min(1, max(0, 0.72 + 0.14 * random.normal())), companion: random.below(min(count, 40 + index)))
    }

    private func makeCampaigns() -> [Campaign] {
        var campaigns: [Campaign] = []
        var day = 0
        while day < options.days {
            var random = random(.campaign, campaigns.count)
            day += random.within(6...28)
            let length = random.within(5...21)
            guard day + length <= options.days else { break }
            let startsAt = start + Int64(day) * ShopModel.day
            campaigns.append(
                Campaign(
                    id: identifier("M", campaigns.count, digits: 4), channel: random.pick(Vocabulary.campaignChannels),
                    startsAt: startsAt, endsAt: startsAt + Int64(length) * ShopModel.day,
                    discountPercent: random.pick([0, 5, 10, 10, 15, 20])))
            day += length
        }
        return campaigns
    }

    /// The campaign that runs at a time; they do not overlap.
    func campaign(at time: Int64) -> Campaign? { campaigns.first { $0.startsAt <= time && time < $0.endsAt } }
}

func cumulative(_ weights: [Double]) -> [Double] {
    var sum = 0.0
    return weights.map { weight in
        sum += weight
        return sum
    }
}

/// `C0000042`: a letter and a number from 1.
func identifier(_ letter: String, _ index: Int, digits: Int) -> String {
    let number = String(index + 1)
    return letter + String(repeating: "0", count: max(0, digits - number.utf8.count)) + number
}
