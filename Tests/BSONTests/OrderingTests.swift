import BSON
import Testing

@Suite struct OrderingTests {
    private func compare(_ a: BSONValue, _ b: BSONValue) -> Int { a.withValue { x in b.withValue { x.compare($0) } } }
    private func hash(_ a: BSONValue) -> UInt64 { a.withValue { $0.hash } }

    /// Numbers of every type that lie close to each other: around powers of two, limits of types and of precision.
    private func numbers(_ values: inout RandomValues) -> [BSONValue] {
        var doubles: [Double] = [
            0, -0.0, 0.1, 0.5, 1.5, 2.5, 1e15, 1e16, 1e22, 1e23, 1e300, .pi, .leastNonzeroMagnitude,
            .leastNormalMagnitude,
        ]
        doubles += [0x1p31, 0x1p53, 0x1p54, 0x1p62, 0x1p63, 0x1p64, .greatestFiniteMagnitude, 9.223372036854775e18]
        doubles += (0..<6).map { _ in values.double() }
        doubles += doubles.flatMap { [$0.nextUp, $0.nextDown] }
        doubles += doubles.map { -$0 }
        var numbers = doubles.map { BSONValue.double($0) }
        let integers: [Int64] = [0, 1, 2, 10, 1 << 31, 1 << 53, 1 << 54, 1 << 62, .max, 9_223_372_036_854_774_784]
        for integer in integers {
            for near in [integer, integer &+ 1, integer &- 1, 0 &- integer] { numbers.append(.int64(near)) }
        }
        numbers += [Int32.min, -1, 0, 1, .max].map { BSONValue.int32($0) }
        // Decimals that print a double exactly, nearly, or not at all.
        for double in doubles where double.isFinite {
            numbers.append(.decimal(Decimal128(double.description)!))
            let exact = Decimal128(exactly34: double)
            let (coefficient, exponent) = exact.parts
            numbers.append(.decimal(exact))
            numbers.append(
                .decimal(Decimal128(negative: exact.isNegative, coefficient: coefficient + 1, exponent: exponent)))
        }
        for text in [
            "0E+6111", "-0E-6176", "1E-6176", "9.999999999999999999999999999999999E+6144", "-1E+400", "1E-400", "2.50",
            "2.5E0", "NaN", "-Infinity", "Infinity", "9223372036854775807", "9223372036854775808.0",
        ] {
            numbers.append(.decimal(Decimal128(text)!))
        }
        numbers += (0..<8).map { _ in BSONValue.decimal(values.decimal()) }
        return numbers
    }

    @Test func numbersCompareByExactValue() {
        var values = RandomValues(seed: 0x0EDE4)
        let numbers = numbers(&values)
        let exact = numbers.map { ExactNumber($0) }
        var failures: [String] = []
        for (i, a) in numbers.enumerated() {
            for (j, b) in numbers.enumerated() {
                let got = compare(a, b)
                if let x = exact[i], let y = exact[j], got != x.compare(y) { failures.append("\(a) and \(b): \(got)") }
                if got == 0 && hash(a) != hash(b) { failures.append("\(a) and \(b) are equal but hash apart") }
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
    }

    @Test(arguments: [
        (BSONValue.int64((1 << 53) + 1), BSONValue.double(0x1p53), 1), (.int64((1 << 53) - 1), .double(0x1p53), -1),
        (.int64(1 << 53), .double(0x1p53), 0),
        (.int64(.max), .double(0x1p63), -1), (.int64(.min), .double(-0x1p63), 0),
        (.double(0.1), .decimal(Decimal128("0.1")!), 1),
        (.double(0.5), .decimal(Decimal128("0.50")!), 0), (.double(-0.0), .int32(0), 0),
        (.decimal(Decimal128("-0")!), .double(0), 0),
        (.double(.nan), .double(-.infinity), -1), (.double(.nan), .decimal(.nan), 0),
        (.decimal(.nan), .int64(.min), -1),
        (.decimal(.infinity), .double(.infinity), 0), (.decimal(Decimal128("1E+400")!), .double(.infinity), -1),
        (.decimal(Decimal128("1E+400")!), .double(.greatestFiniteMagnitude), 1),
        (.decimal(Decimal128("1E-400")!), .double(.leastNonzeroMagnitude), -1),
        (.decimal(Decimal128("1E-400")!), .double(0), 1),
        (.decimal(Decimal128("-1E-400")!), .double(0), -1), (.decimal(Decimal128("-1E-400")!), .double(-0.0), -1),
        (.decimal(Decimal128("9223372036854775807.5")!), .int64(.max), 1),
        (.int32(2), .decimal(Decimal128("2.00")!), 0),
    ])
    func awkwardPairs(_ a: BSONValue, _ b: BSONValue, _ expected: Int) {
        #expect(compare(a, b) == expected)
        #expect(compare(b, a) == -expected)
        if expected == 0 { #expect(hash(a) == hash(b)) }
    }

    /// Sorting and then comparing all pairs finds any break of antisymmetry or transitivity.
    private func checkTotalOrder(_ list: [BSONValue]) {
        let sorted = list.sorted { compare($0, $1) < 0 }
        var failures: [String] = []
        for i in sorted.indices {
            for j in sorted.indices {
                let (forward, backward) = (compare(sorted[i], sorted[j]), compare(sorted[j], sorted[i]))
                if forward != -backward { failures.append("not antisymmetric: \(sorted[i]), \(sorted[j])") }
                if i < j && forward > 0 { failures.append("not transitive: \(sorted[i]), \(sorted[j])") }
                if i == j && forward != 0 { failures.append("not equal to itself: \(sorted[i])") }
                if forward == 0 && hash(sorted[i]) != hash(sorted[j]) {
                    failures.append("equal, but hash apart: \(sorted[i]), \(sorted[j])")
                }
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
    }

    @Test func numbersAreTotallyOrdered() {
        var values = RandomValues(seed: 0x0EDE5)
        checkTotalOrder(numbers(&values))
    }

    @Test(arguments: 1...4)
    func valuesOfAllTypesAreTotallyOrdered(_ seed: Int) {
        var values = RandomValues(seed: UInt64(seed))
        checkTotalOrder((0..<250).map { _ in values.value(depth: 3) })
    }

    /// The same value with its numbers written as other types: equal, and with the same hash.
    @Test func equalityLooksThroughTypesOfNumbers() {
        var values = RandomValues(seed: 0x0EDE6)
        func disguise(_ value: BSONValue) -> BSONValue {
            switch value {
            case .int32(let number):
                values.pick([.int64(Int64(number)), .double(Double(number)), .decimal(Decimal128(Int64(number)))])
            case .int64(let number): .decimal(Decimal128("\(number).000")!)
            case .array(let array): .array(BSONArray(array.values.map { disguise($0) }))
            case .document(let document): .document(Document(document.elements.map { ($0.key, disguise($0.value)) }))
            case .javascriptWithScope(let code, let scope):
                .javascriptWithScope(code: code, scope: Document(scope.elements.map { ($0.key, disguise($0.value)) }))
            case .symbol(let text): .string(text)
            default: value
            }
        }
        for _ in 0..<5000 {
            let value = values.value(depth: 4)
            let other = disguise(value)
            if compare(value, other) != 0 || hash(value) != hash(other) { Issue.record("\(value) and \(other)") }
        }
    }

    /// The manual's order of types, one value of each.
    @Test func typesStandInTheManualsOrder() {
        let id = ObjectId("57e193d7a9cc81b4027498b5")!
        let order: [BSONValue] = [
            .minKey, .undefined, .null, 1, "a", ["x": 1], [1], .binary(subtype: 0, data: []), .objectId(id), false,
            true, .date(.min), .timestamp(0),
            .regex(pattern: "", options: ""), .dbPointer(namespace: "", id: id), .javascript(""),
            .javascriptWithScope(code: "", scope: [:]), .maxKey,
        ]
        for (i, a) in order.enumerated() {
            for (j, b) in order.enumerated() { #expect(compare(a, b) == (i < j ? -1 : i == j ? 0 : 1), "\(a), \(b)") }
        }
    }

    /// Pairs in ascending order within one type.
    @Test(
        arguments: [
            ("a", "b"), ("a", "aa"), ("Z", "a"), ("z", "é"), ("\u{FFFF}", "😀"), (["a": 1], ["a": 2]),
            (["a": 1], ["a": 1, "b": 1]), (["b": 1], ["a": "x"]), (["a": 2], ["b": 1]),
            ([1, 2], [1, 3]), ([1], [1, 0]), ([], [.null]), ([2], [[1]]),
            (.binary(subtype: 5, data: [9]), .binary(subtype: 0, data: [0, 0])),
            (.binary(subtype: 0, data: [9]), .binary(subtype: 5, data: [0])),
            (.binary(subtype: 0, data: [1]), .binary(subtype: 0, data: [0xFF])),
            (.date(-1), .date(0)), (.timestamp(1), .timestamp(1 << 63)),
            (.regex(pattern: "a", options: "x"), .regex(pattern: "b", options: "i")),
            (.regex(pattern: "a", options: ""), .regex(pattern: "a", options: "i")),
            (.javascriptWithScope(code: "f", scope: ["a": 1]), .javascriptWithScope(code: "f", scope: ["a": 2.5])),
            (.javascript("a"), .javascript("b")), (false, true),
        ] as [(BSONValue, BSONValue)])
    func smallerAndLarger(_ a: BSONValue, _ b: BSONValue) {
        #expect(compare(a, b) == -1)
        #expect(compare(b, a) == 1)
    }
}
