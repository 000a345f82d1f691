import BSON

/// Learns from values which column holds them all.
final class SchemaInference {
    private var types: Set<BSONType> = []
    /// Of decimals: the most digits after and before the point, and whether all are numbers with so many digits.
    private var scale = 0
    private var wholeDigits = 1
    private var fitsDecimal = true
    /// Whether doubles hold all the integers exactly.
    private var fitsDouble = true
    /// The fields of documents in the order in which they first occur, and their places by name.
    private var entries: [(name: FieldName, inference: SchemaInference)] = []
    private var places: [String: Int] = [:]
    private var element: SchemaInference?

    func observe(document: DocumentView) {
        var cursor = document.elements()
        // Documents of one collection mostly have the same fields in the same order.
        var place = 0
        while cursor.next() {
            if place >= entries.count || !cursor.keyEquals(entries[place].name) {
                place = self.place(of: cursor.keyString)
            }
            entries[place].inference.observe(cursor.value)
            place += 1
        }
    }

    private func place(of name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = entries.count
        entries.append((FieldName(name), SchemaInference()))
        return entries.count - 1
    }

    func observe(_ value: ValueView) {
        if value.isNullish { return }
        types.insert(value.type)
        switch value.type {
        case .document: observe(document: value.asDocument)
        case .array:
            let element = element ?? SchemaInference()
            self.element = element
            var cursor = value.asDocument.elements()
            while cursor.next() { element.observe(cursor.value) }
        case .decimal: observe(value.asDecimal)
        case .int32: wholeDigits = max(wholeDigits, 10)
        case .int64:
            wholeDigits = max(wholeDigits, 19)
            if value.asInt64.magnitude > 1 << 53 { fitsDouble = false }
        default: break
        }
    }

    private func observe(_ decimal: Decimal128) {
        guard decimal.isFinite else {
            fitsDecimal = false
            return
        }
        let (coefficient, exponent) = decimal.trimmedParts
        scale = max(scale, -exponent)
        wholeDigits = max(wholeDigits, String(coefficient).utf8.count + exponent)
    }

    /// The field of this name; nil where none was seen.
    func field(_ name: String) -> SchemaInference? { places[name].map { entries[$0].inference } }

    /// The columns for the fields that were seen, in the order in which they first were.
    func columns() -> [ParquetColumn] { entries.map { ParquetColumn($0.name.text, $0.inference.kind) } }

    /// Whether there was no value but null.
    var isEmpty: Bool { types.isEmpty }

    /// The names of fields whose values are of types that no column holds together; theirs are texts.
    func mixed(_ path: String = "") -> [String] {
        var found: [String] = []
        if !types.isEmpty, case .text = kind {
            // One type without a column of its own, such as a timestamp, is not mixed.
            if types.count > 1, !types.isSubset(of: [.string, .symbol]) { found.append(path) }
            return found
        }
        for (name, field) in entries { found += field.mixed(path.isEmpty ? name.text : "\(path).\(name.text)") }
        return found + (element?.mixed("\(path)[]") ?? [])
    }

    /// What holds every value: numbers go together where none loses a digit, what else does not is text.
    var kind: ParquetColumn.Kind {
        switch types {
        case [.bool]: return .boolean
        case [.int32]: return .int32
        case [.int64], [.int32, .int64]: return .int64
        case [.double]: return .double
        case [.double, .int32], [.double, .int64], [.double, .int32, .int64]: return fitsDouble ? .double : .text
        case [.date]: return .timestamp
        case [.binary]: return .binary
        case [.document]:
            return entries.isEmpty ? .text : .structure(columns())
        case [.array]: return .list(ParquetColumn("element", element?.kind ?? .text))
        case _ where !types.isEmpty && types.isSubset(of: [.decimal, .int32, .int64]):
            return fitsDecimal && scale + wholeDigits <= ParquetColumn.precision ? .decimal(scale: scale) : .text
        default: return .text
        }
    }
}

extension Decimal128 {
    /// Coefficient and exponent without zeros at the end of the fraction.
    var trimmedParts: (coefficient: UInt128, exponent: Int) {
        var (coefficient, exponent) = parts
        if coefficient == 0 { return (0, 0) }
        while exponent < 0, coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
        return (coefficient, exponent)
    }
}
