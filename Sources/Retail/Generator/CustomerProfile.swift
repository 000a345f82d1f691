import BSON

/// A generated customer: who they are follows from their number alone, so that no list of them is kept.
struct CustomerProfile {
    let index: Int
    let id: String
    let place: Int
    let styles: [Int]
    /// How gladly they come back, 0 to 1: few often, most hardly ever.
    let loyalty: Double
    let name: String
    let email: String
    let postalCode: String
    private var random: RandomSource

    init(_ index: Int, in shop: ShopModel) {
        var random = shop.random(.customer, index)
        self.index = index
        id = identifier("C", index, digits: 7)
        place = random.index(cumulative: shop.placeWeights)
        let first = random.below(Vocabulary.styles.count)
        var styles = [first]
        for _ in 0..<random.below(3) {
            let style = random.below(Vocabulary.styles.count)
            if !styles.contains(style) { styles.append(style) }
        }
        self.styles = styles
        let u = random.unit()
        loyalty = 0.06 + 0.94 * u * u * u * u
        let (given, family) = (random.pick(Vocabulary.givenNames), random.pick(Vocabulary.familyNames))
        name = "\(given) \(family)"
        email = "\(given.lowercased()).\(index + 1)@example.com"
        let code = String(random.below(1000))
        postalCode = Vocabulary.places[place].postalPrefix + String(repeating: "0", count: 3 - code.utf8.count) + code
        self.random = random
    }

    /// The document in `customers`.
    func document(createdAt: Int64) -> Document {
        var random = random
        return Document { writer in
            writer.append("_id", .string(id))
            writer.append("name", .string(name))
            writer.append("email", .string(email))
            if random.chance(0.6) { writer.append("phone", .string("+1 202 555 01\(random.within(10...99))")) }
            appendAddress(to: writer)
            writer.append("preferredStyles", .array(BSONArray(styles.map { .string(Vocabulary.styles[$0]) })))
            let measured = random.below(3)
            if measured > 0 {
                appendMeasurements(measured, before: createdAt + 25 * ShopModel.day, &random, to: writer)
            }
            writer.document("consent") { writer in
                writer.append("marketing", ValueView.bool(random.chance(0.55)))
                writer.append("analytics", ValueView.bool(random.chance(0.8)))
            }
            writer.append("createdAt", ValueView.date(createdAt))
        }
    }

    /// The address, the same wherever it is written.
    func appendAddress(to writer: BSONWriter) {
        var random = RandomSource(seed: UInt64(index), stream: 99)
        let place = Vocabulary.places[place]
        writer.document("address") { writer in
            writer.append("street", .string("\(random.pick(Vocabulary.streets)) \(random.within(1...140))"))
            writer.append("city", .string(place.city))
            writer.append("state", .string(place.state))
            writer.append("postalCode", .string(postalCode))
            writer.append("country", .string(place.country))
            appendPoint("location", place, &random, to: writer)
        }
    }

    private func appendMeasurements(
        _ count: Int, before time: Int64, _ random: inout RandomSource, to writer: BSONWriter
    ) {
        let size = random.normal()
        writer.beginArray("measurements")
        for number in 0..<count {
            writer.beginElement(.document)
            writer.append(
                "takenAt",
                ValueView.date(time - Int64((count - number) * 9 * 86_400_000) + Int64(random.below(86_400)) * 1000))
            writer.append("by", .string(random.chance(0.4) ? "tailor" : "self"))
            writer.document("values") { writer in
                for (name, middle, spread) in [
                    ("chest", 95.0, 9.0), ("waist", 80.0, 10.0), ("hips", 98.0, 9.0), ("inseam", 79.0, 5.0),
                ] {
                    let tenths = ((middle + spread * size * 0.8 + spread * random.normal() * 0.3) * 10).rounded()
                    writer.append(name, ValueView.double(tenths / 10))
                }
            }
            writer.end()
        }
        writer.end()
    }
}

/// A GeoJSON point a few kilometres around a place, in thousandths of a degree.
func appendPoint(_ name: String, _ place: Vocabulary.Place, _ random: inout RandomSource, to writer: BSONWriter) {
    let (longitude, latitude) = (place.longitude + random.within(-60...60), place.latitude + random.within(-40...40))
    writer.document(name) { writer in
        writer.append("type", .string("Point"))
        writer.array("coordinates") { writer in
            writer.appendElement(ValueView.double(Double(longitude) / 1000))
            writer.appendElement(ValueView.double(Double(latitude) / 1000))
        }
    }
}
