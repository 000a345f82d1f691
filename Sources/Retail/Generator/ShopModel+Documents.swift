import BSON

/// The documents of the shop's standing parts.
extension ShopModel {
    func designerDocument(_ index: Int) -> Document {
        let designer = designers[index]
        var random = random(.designer, index + 1_000_000)
        return Document { writer in
            writer.append("_id", .string(designer.id))
            writer.append("name", .string(personName(&random)))
            writer.append("expertise", .array(BSONArray(designer.styles.map { .string(Vocabulary.styles[$0]) })))
            appendPoint("location", Vocabulary.places[designer.place], &random, to: writer)
            writer.array("availability") { writer in
                for weekday in designer.weekdays {
                    writer.beginElement(.document)
                    writer.append("weekday", ValueView.int32(Int32(weekday)))
                    writer.append("from", .string(clock(designer.firstHour)))
                    // The last session begins at the last hour and may take an hour and a half.
                    writer.append("to", .string(clock(designer.lastHour + 2)))
                    writer.end()
                }
            }
            writer.append("hiredAt", ValueView.date(designer.hiredAt))
        }
    }

    func tailorDocument(_ index: Int) -> Document {
        let tailor = tailors[index]
        var random = random(.tailor, index + 1_000_000)
        return Document { writer in
            writer.append("_id", .string(tailor.id))
            writer.append("name", .string(personName(&random)))
            appendPoint("location", Vocabulary.places[tailor.place], &random, to: writer)
            var states: [String] = []
            for place in tailor.places where !states.contains(Vocabulary.places[place].state) {
                states.append(Vocabulary.places[place].state)
            }
            writer.append("regions", .array(BSONArray(states.map { .string($0) })))
            writer.append("capacityPerDay", ValueView.int32(Int32(tailor.capacityPerDay)))
            writer.append("certifiedAt", ValueView.date(tailor.certifiedAt))
            writer.append("rating", ValueView.double(Double(random.within(34...50)) / 10))
        }
    }

    func productDocument(_ index: Int) -> Document {
        let product = products[index]
        let category = Vocabulary.categories[product.category]
        var random = random(.product, index + 1_000_000)
        let material = random.pick(Vocabulary.materials)
        let colour = random.pick(Vocabulary.colours)
        let noun = random.pick(category.nouns)
        return Document { writer in
            writer.append("_id", .string(product.id))
            writer.append("kind", .string("product"))
            writer.append("name", .string("\(noun) \(random.pick(Vocabulary.familyNames)), \(colour) \(material)"))
            writer.append("category", .string(category.name))
            writer.append("designerId", .string(designers[product.designer].id))
            writer.append("supplierId", .string(identifier("U", product.supplier, digits: 4)))
            writer.append("price", .decimal(Decimal128(cents: product.priceCents)))
            writer.append("currency", .string("EUR"))
            writer.document("attributes") { writer in
                writer.append("style", .string(Vocabulary.styles[product.style]))
                writer.append("colour", .string(colour))
                writer.append("material", .string(material))
                writer.append(
                    "weightGrams", ValueView.int32(Int32(category.weightGrams * random.within(80...130) / 100)))
                writer.append("leadDays", ValueView.int32(Int32(category.leadDays)))
            }
            writer.append(
                "sustainabilityScore",
                ValueView.int32(Int32(min(100, 30 + practices(product.supplier).score / 2 + random.below(25)))))
            writer.append("active", ValueView.bool(index < 10 || random.chance(0.96)))
            writer.append("createdAt", ValueView.date(product.createdAt))
        }
    }

    func inventoryDocuments(_ index: Int) -> [Document] {
        let product = products[index]
        var random = random(.inventory, index)
        let cost = product.priceCents * random.within(38...62) / 100
        return Vocabulary.warehouses.enumerated().compactMap { position, location in
            guard position == 0 || random.chance(0.5) else { return nil }
            let reorderPoint = random.within(2...30)
            let onHand = random.chance(0.07) ? 0 : random.below(reorderPoint * 5)
            return Document { writer in
                writer.append("_id", .string("\(product.id)@\(location)"))
                writer.append("productId", .string(product.id))
                writer.append("location", .string(location))
                writer.append("onHand", ValueView.int32(Int32(onHand)))
                writer.append("reserved", ValueView.int32(Int32(random.below(onHand / 3 + 1))))
                writer.append("reorderPoint", ValueView.int32(Int32(reorderPoint)))
                writer.append("reorderQuantity", ValueView.int32(Int32(reorderPoint * random.within(2...4))))
                writer.append("unitCost", .decimal(Decimal128(cents: cost)))
            }
        }
    }

    func campaignDocument(_ index: Int) -> Document {
        let campaign = campaigns[index]
        var random = random(.campaign, index + 1_000_000)
        return Document { writer in
            writer.append("_id", .string(campaign.id))
            writer.append(
                "name",
                .string("\(random.pick(Vocabulary.styles)) \(random.pick(Vocabulary.categories).name) \(index + 1)"))
            writer.append("channel", .string(campaign.channel))
            if campaign.channel == "influencer" {
                writer.append("influencer", .string(random.pick(Vocabulary.influencers)))
            }
            writer.append("startsAt", ValueView.date(campaign.startsAt))
            writer.append("endsAt", ValueView.date(campaign.endsAt))
            let days = Int((campaign.endsAt - campaign.startsAt) / ShopModel.day)
            writer.append("spend", .decimal(Decimal128(cents: days * random.within(2_500...30_000))))
        }
    }

    func supplierDocument(_ index: Int) -> Document {
        firmDocument(identifier("U", index, digits: 4), .supplier, index, "Workshop")
    }

    func sellerDocument(_ index: Int) -> Document {
        firmDocument(identifier("L", index, digits: 4), .seller, index, "Boutique")
    }

    private func firmDocument(_ id: String, _ stream: Stream, _ index: Int, _ kind: String) -> Document {
        var random = random(stream, index)
        let place = Vocabulary.places[random.index(cumulative: placeWeights)]
        let practices = stream == .supplier ? practices(index) : nil
        return Document { writer in
            writer.append("_id", .string(id))
            writer.append("name", .string("\(kind) \(random.pick(Vocabulary.familyNames)), \(place.city)"))
            writer.document("address") { writer in
                writer.append("street", .string("\(random.pick(Vocabulary.streets)) \(random.within(1...140))"))
                writer.append("city", .string(place.city))
                writer.append("state", .string(place.state))
                writer.append("postalCode", .string(place.postalPrefix + "\(random.within(100...999))"))
                writer.append("country", .string(place.country))
                appendPoint("location", place, &random, to: writer)
            }
            writer.document("practices") { writer in
                guard let practices else {
                    writer.append("packaging", .string(random.pick(["paper", "recycled", "mixed"])))
                    writer.append("climateNeutralShipping", ValueView.bool(random.chance(0.4)))
                    return
                }
                writer.append("certification", .string(Vocabulary.certifications[practices.certification]))
                writer.append("recycledShare", ValueView.double(Double(practices.recycledPercent) / 100))
                writer.append("livingWage", ValueView.bool(practices.livingWage))
            }
        }
    }

    private func practices(_ supplier: Int) -> (certification: Int, recycledPercent: Int, livingWage: Bool, score: Int)
    {
        var random = random(.supplier, supplier + 1_000_000)
        let (certification, recycled, wage) = (random.below(4), random.below(13) * 5, random.chance(0.6))
        return (certification, recycled, wage, (certification < 3 ? 25 : 0) + recycled + (wage ? 15 : 0))
    }

    /// How much likelier than others a supplier's goods are late.
    func unreliability(ofSupplier supplier: Int) -> Double {
        var random = random(.supplier, supplier + 2_000_000)
        let u = random.unit()
        return 0.14 * u * u
    }

    private func personName(_ random: inout RandomSource) -> String {
        "\(random.pick(Vocabulary.givenNames)) \(random.pick(Vocabulary.familyNames))"
    }

    private func clock(_ hour: Int) -> String { (hour < 10 ? "0" : "") + "\(hour):00" }
}

extension Decimal128 {
    /// An amount of money in hundredths, with two digits after the point.
    init(cents: Int) { self.init(negative: cents < 0, coefficient: UInt128(cents.magnitude), exponent: -2) }
}
