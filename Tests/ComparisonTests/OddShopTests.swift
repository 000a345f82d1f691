import Analytics
import BSON
import Comparison
import Platform
import Testing

/// Documents and tables agree where data are odd too, whatever is asked.
@Suite struct OddShopTests {
    static let shops = (1...3).map { seed in
        Result {
            try Shop("odd_\(seed)") { store in
                var shop = OddShop(seed: UInt64(seed))
                try shop.fill(store)
            }
        }
    }

    private static let names = (try? Shop.aggregations.get().names) ?? []

    @Test(arguments: names)
    func theTablesGiveTheSameRows(name: String) throws { try compare(name, in: .sqlite) }

    @Test(.needs(.postgresql), arguments: names)
    func postgreSQLGivesTheSameRows(name: String) throws { try compare(name, in: .postgresql) }

    @Test(.needs(.mariadb), arguments: names)
    func mariaDBGivesTheSameRows(name: String) throws { try compare(name, in: .mariadb) }

    private func compare(_ name: String, in dialect: SQLDialect) throws {
        let parameters = try Shop.aggregations.get().aggregation(named: name).parameters
        for (index, shop) in OddShopTests.shops.enumerated() {
            var random = SeededRandom(seed: UInt64(index) &+ UInt64(name.utf8.count) &* 31)
            for turn in 0..<5 {
                let arguments = turn == 0 ? [:] : OddShopTests.arguments(for: parameters, &random)
                let differences = try shop.get().compare(name, arguments, in: dialect).differences
                #expect(differences.isEmpty, "\(name) of shop \(index + 1) with \(arguments): \(differences.prefix(3))")
            }
        }
    }

    private static func arguments(for parameters: [Parameter], _ random: inout SeededRandom) -> Document {
        var chosen: [(String, BSONValue)] = []
        for parameter in parameters where Double.random(in: 0..<1, using: &random) < 0.4 {
            let value: BSONValue? =
                switch parameter.type {
                case .boolean: .bool(Bool.random(using: &random))
                case .date:
                    .date(
                        1_704_067_200_000 + Int64.random(in: -20...520, using: &random) * 86_400_000
                            + (Bool.random(using: &random) ? 0 : Int64.random(in: 0..<86_400_000, using: &random)))
                case .integer:
                    [1, 2, 3, 7, 30, 365].filter { parameter.minimum ?? 0 <= $0 && $0 <= parameter.maximum ?? 1e9 }
                        .randomElement(using: &random).map { .integer(Int64($0)) }
                case .number: [0, 0.5, 7, 30].randomElement(using: &random).map { .double($0) }
                case .decimal: ["0", "0.01", "5"].randomElement(using: &random).map { .string($0) }
                case .string where parameter.name == "timezone": .string("+05:30")
                case .string: parameter.values.randomElement(using: &random).map { .string($0) }
                }
            if let value { chosen.append((parameter.name, value)) }
        }
        // A period that ends before it begins is turned away before anything is asked.
        let document = Document(chosen)
        guard let from = document["from"]?.dateValue, let to = document["to"]?.dateValue, to <= from else {
            return document
        }
        return from == to
            ? document.setting("to", .date(to + 1)) : document.setting("from", .date(to)).setting("to", .date(from))
    }
}
