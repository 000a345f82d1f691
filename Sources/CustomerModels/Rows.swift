import BSON

// Results as documents: the same fields on the command line and from the worker.

extension BSONValue {
    /// A double, or null where there is none or it is NaN.
    public static func optional(_ number: Double?) -> BSONValue {
        guard let number, !number.isNaN else { return .null }
        return .double(number)
    }
}

/// A day as people and programs read it: `2010-09-30`.
public func dayText(_ day: Int) -> String {
    String(UTCDate(milliseconds: Int64(day) * ActivityLog.millisecondsInDay).iso8601().prefix(10))
}

extension LifetimeValueModel.Prediction {
    /// `customerId`, `frequency`, `recency`, `age`, `meanAmount`, `probabilityAlive`, `expectedPurchases`, `expectedValue`,
    /// `clv`.
    public var document: Document {
        [
            "customerId": .string(customer.id), "frequency": .integer(customer.frequency),
            "recency": .double(customer.recency), "age": .double(customer.age),
            "meanAmount": .double(customer.meanAmount), "probabilityAlive": .double(probabilityAlive),
            "expectedPurchases": .double(expectedPurchases), "expectedValue": .optional(expectedAmount),
            "clv": .optional(lifetimeValue),
        ]
    }
}

extension LifetimeValueModel {
    /// A document for each parameter and figure of the fit: `model`, `parameter`, `value`, `standardError`.
    public var parameterDocuments: [Document] {
        func row(_ model: String, _ parameter: String, _ value: BSONValue, _ error: Double? = nil) -> Document {
            [
                "model": .string(model), "parameter": .string(parameter), "value": value,
                "standardError": .optional(error),
            ]
        }
        func rows(_ model: String, _ names: [String], _ fit: LikelihoodMaximum) -> [Document] {
            names.enumerated().map { place, name in
                row(model, name, .double(fit.parameters[place]), fit.standardErrors?[place])
            } + [row(model, "logLikelihood", .double(fit.logLikelihood))]
        }
        var all = rows("BG/NBD", ["r", "alpha", "a", "b"], purchaseFit)
        all.append(row("BG/NBD", "customers", .integer(customers.count)))
        all += rows("Gamma-Gamma", ["p", "q", "v"], amountFit)
        all.append(row("Gamma-Gamma", "customers", .integer(amountCustomers)))
        all.append(row("Gamma-Gamma", "frequencyAmountCorrelation", .double(frequencyAmountCorrelation)))
        return all
    }

    /// The places of predictions in the order of their lifetime value, the highest first.
    public static func ranking(_ predictions: [Prediction]) -> [Int] {
        predictions.indices.sorted { a, b in
            let (first, second) = (predictions[a].lifetimeValue ?? 0, predictions[b].lifetimeValue ?? 0)
            return first == second ? a < b : first > second
        }
    }
}

extension ChurnRisk {
    /// `customerId`, `probability`, `lastOrder`, `orders`, `revenue`, and the strongest `drivers` (`feature`, `value`,
    /// `contribution`).
    public func document(drivers count: Int = 3) -> Document {
        let strongest: [Document] = drivers.prefix(count).map { driver in
            [
                "feature": .string(driver.feature.rawValue), "value": .optional(driver.value),
                "contribution": .double(driver.contribution),
            ]
        }
        return [
            "customerId": .string(id), "probability": .double(probability),
            "lastOrder": .string(dayText(lastOrderDay)), "orders": .integer(orders), "revenue": .decimal(revenue),
            "drivers": .array(BSONArray(documents: strongest)),
        ]
    }
}

extension Segmentation {
    /// A document for each segment: `segment`, `customers`, `share`, `revenueShare`, the measures, `description`.
    public var segmentDocuments: [Document] {
        let revenue = segments.reduce(0) { $0 + $1.revenue }
        return segments.map { segment in
            var fields: [(String, BSONValue)] = [
                ("segment", .integer(segment.number)), ("customers", .integer(segment.customers)),
                ("share", .double(Double(segment.customers) / Double(members.count))),
                ("revenueShare", .double(revenue > 0 ? segment.revenue / revenue : 0)),
            ]
            for (measure, mean) in zip(Measure.allCases, segment.means) {
                fields.append((measure.rawValue, .double(mean)))
            }
            fields.append(("description", .string(segment.description)))
            return Document(fields)
        }
    }
}

extension Segmentation.Member {
    /// `customerId`, `segment`, and the measures.
    public var document: Document {
        var fields: [(String, BSONValue)] = [("customerId", .string(id)), ("segment", .integer(segment))]
        for (measure, value) in zip(Segmentation.Measure.allCases, values) {
            switch measure {
            case .orders: fields.append((measure.rawValue, .integer(Int(value))))
            case .revenue: fields.append((measure.rawValue, .decimal(revenue)))
            default: fields.append((measure.rawValue, .double(value)))
            }
        }
        return Document(fields)
    }
}
