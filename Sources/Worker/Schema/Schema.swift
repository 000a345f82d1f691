import BSON

/// The shape of a value: the part of JSON Schema that the methods need.
///
/// It checks the values that come in (`check`) and describes itself to callers (`json`). It speaks of values as they
/// are in relaxed Extended JSON; a date or a decimal is no object, although its canonical text looks like one.
/// Source: JSON Schema 2020-12, "Validation".
struct Schema: Sendable {
    indirect enum Shape: Sendable {
        case any
        case null
        case boolean
        /// An int, a long, or a double or decimal without a fraction.
        case integer(ClosedRange<Int64>)
        case number
        /// Any string, or one of these where there are any.
        case string(choices: [String])
        /// These members and, where it is open, others.
        case object([Property], isOpen: Bool)
        case array(of: Schema, minimumCount: Int)
        case anyOf([Schema])
    }

    var shape: Shape
    var description: String?
    /// What a parameter that is left out counts as.
    var defaultValue: BSONValue?

    private init(_ shape: Shape) { self.shape = shape }

    /// The same shape with a sentence about what it is for.
    func described(_ text: String) -> Schema {
        var copy = self
        copy.description = text
        return copy
    }

    /// The same shape with what a missing value counts as.
    func defaulting(to value: BSONValue) -> Schema {
        var copy = self
        copy.defaultValue = value
        return copy
    }
}

/// A named member of an object.
struct Property: Sendable {
    var name: String
    var schema: Schema
    var isRequired: Bool

    static func required(_ name: String, _ schema: Schema, _ description: String) -> Property {
        Property(name: name, schema: schema.described(description), isRequired: true)
    }

    static func optional(_ name: String, _ schema: Schema, _ description: String) -> Property {
        Property(name: name, schema: schema.described(description), isRequired: false)
    }
}

extension Schema {
    static let any = Schema(.any)
    static let null = Schema(.null)
    static let boolean = Schema(.boolean)
    static let number = Schema(.number)
    static let string = Schema(.string(choices: []))
    /// A document with any fields: a filter, an update, a stored document.
    static let document = Schema(.object([], isOpen: true))
    static let documents = Schema.array(of: .document)

    static func choice(_ choices: String...) -> Schema { Schema(.string(choices: choices)) }
    static func choice(_ choices: [String]) -> Schema { Schema(.string(choices: choices)) }
    static func integer(_ range: ClosedRange<Int64>) -> Schema { Schema(.integer(range)) }
    /// An integer of at least this.
    static func integer(from minimum: Int64) -> Schema { .integer(minimum...Int64.max) }
    /// An object with these members and no others.
    static func object(_ properties: [Property]) -> Schema { Schema(.object(properties, isOpen: false)) }
    /// An object with these members, and others.
    static func openObject(_ properties: [Property]) -> Schema { Schema(.object(properties, isOpen: true)) }
    static func array(of element: Schema, minimumCount: Int = 0) -> Schema {
        Schema(.array(of: element, minimumCount: minimumCount))
    }
    static func either(_ schemas: Schema...) -> Schema { Schema(.anyOf(schemas)) }
}
