import BSON
import Platform
import Storage
import StorageWorkload
import Testing

@Suite struct IndexKeyTests {
    private func key(_ value: BSONValue, descending: Bool = false, limit: Int = .max) -> [UInt8] {
        let buffer = IndexKeyBuffer(limit: limit)
        buffer.reset()
        value.withValue { buffer.append($0, descending: descending) }
        return buffer.array
    }

    private func order(_ a: [UInt8], _ b: [UInt8]) -> Int {
        a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
    }

    private func compare(_ a: BSONValue, _ b: BSONValue) -> Int {
        a.withValue { x in b.withValue { y in x.compare(y).signum() } }
    }

    @Test func bytesSortAsValuesDo() {
        var random = SeededRandom.announced()
        for _ in 0..<60_000 {
            let a = random.value()
            let b = random.below(2) == 0 ? random.neighbour(of: a) : random.value()
            let expected = compare(a, b)
            #expect(order(key(a), key(b)) == expected, "\(a) and \(b)")
            #expect(order(key(a, descending: true), key(b, descending: true)) == -expected, "\(a) and \(b), descending")
        }
    }

    @Test func numbersOfAllTypesShareOneOrder() {
        var random = SeededRandom.announced()
        for _ in 0..<200_000 {
            let a = random.number()
            let b = random.neighbour(of: a)
            #expect(order(key(a), key(b)) == compare(a, b), "\(a) and \(b)")
        }
    }

    @Test func equalNumbersHaveEqualBytes() {
        let families: [[BSONValue]] = [
            [
                .int32(0), .int64(0), .double(0), .double(-0.0), .decimal(.zero), .decimal(-.zero),
                .decimal(Decimal128("0E+10")!),
            ],
            [.int32(1), .int64(1), .double(1), .decimal(Decimal128("1")!), .decimal(Decimal128("1.000")!)],
            [.double(0.5), .decimal(Decimal128("0.50")!), .decimal(Decimal128("5E-1")!)],
            [
                .int64((1 << 53) + 1), .decimal(Decimal128("9007199254740993")!),
                .decimal(Decimal128("9007199254740993.00")!),
            ],
            [.int64(.min), .double(-0x1p63), .decimal(Decimal128("-9223372036854775808")!)],
            [.int64(.max), .decimal(Decimal128("9223372036854775807")!)],
            [.double(.nan), .decimal(.nan)], [.double(.infinity), .decimal(.infinity)],
            [.decimal(Decimal128("19.99")!), .decimal(Decimal128("19.9900")!)],
            [.decimal(Decimal128("1E+400")!), .decimal(Decimal128("10E+399")!)],
            [.decimal(Decimal128("-1E-400")!), .decimal(Decimal128("-1.0E-400")!)],
        ]
        for family in families {
            for member in family { #expect(key(member) == key(family[0]), "\(member) and \(family[0])") }
        }
        let keys = families.map { key($0[0]) }
        #expect(Set(keys).count == keys.count)
    }

    @Test func numbersAroundADoubleStayApart() {
        // Each is less than the one after it, though all but the first and the last round to the same double.
        let ascending = [
            "-1E+400", "-1.7976931348623157E+308", "-0.1000000000000000055511151231257828", "-0.1", "-4E-324",
            "-1E-6176", "0",
            "1E-6176", "4E-324", "0.1", "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257828",
            "9007199254740992",
            "9007199254740992.5", "9007199254740993", "1.7976931348623157E+308", "1.7976931348623159E+308", "1E+400",
            "Infinity",
        ].map { BSONValue.decimal(Decimal128($0)!) }
        for (a, b) in zip(ascending, ascending.dropFirst()) {
            #expect(order(key(a), key(b)) == -1, "\(a) and \(b)")
            #expect(order(key(a, descending: true), key(b, descending: true)) == 1, "\(a) and \(b), descending")
        }
    }

    @Test func noValuesBytesBeginAnothers() {
        var random = SeededRandom.announced()
        for _ in 0..<20_000 {
            let a = random.value()
            let b = random.below(2) == 0 ? random.neighbour(of: a) : random.value()
            let (x, y) = (key(a), key(b))
            #expect(x == y || !y.starts(with: x), "\(a) and \(b)")
        }
    }

    @Test func compoundKeysSortFieldByField() {
        var random = SeededRandom.announced()
        for _ in 0..<20_000 {
            let descending = [random.below(2) == 0, random.below(2) == 0]
            let a = [random.value(depth: 1), random.value(depth: 1)]
            let b = [random.below(3) > 0 ? a[0] : random.value(depth: 1), random.neighbour(of: a[1])]
            var expected = 0
            for field in 0..<2 where expected == 0 {
                expected = compare(a[field], b[field]) * (descending[field] ? -1 : 1)
            }
            let keys = [a, b].map { values in
                key(values[0], descending: descending[0]) + key(values[1], descending: descending[1])
            }
            #expect(order(keys[0], keys[1]) == expected, "\(a) and \(b), descending \(descending)")
        }
    }

    @Test func longKeysAreCutAndSayIt() {
        let long = String(repeating: "x", count: 600)
        let buffer = IndexKeyBuffer()
        for (value, isTruncated) in [
            (BSONValue.string(long), true), (.string(String(long.prefix(501))), false),
            (.string(String(long.prefix(502))), true),
        ] {
            buffer.reset()
            value.withValue { buffer.append($0) }
            #expect(buffer.isTruncated == isTruncated)
            #expect(buffer.array == Array(key(value).prefix(IndexKeyBuffer.maximumLength)))
        }
        var random = SeededRandom.announced()
        for _ in 0..<2000 {
            let value = BSONValue.array(BSONArray((0..<random.below(12)).map { _ in random.value(depth: 2) }))
            let limit = 1 + random.below(60)
            let descending = random.below(2) == 0
            let short = IndexKeyBuffer(limit: limit)
            short.reset()
            value.withValue { short.append($0, descending: descending) }
            let whole = key(value, descending: descending)
            #expect(
                short.array == Array(whole.prefix(limit)) && short.isTruncated == (whole.count > limit),
                "\(value), \(limit) bytes")
        }
    }

    @Test func successorsBoundWhatBeginsWithAKey() {
        var random = SeededRandom.announced()
        let buffer = IndexKeyBuffer()
        for _ in 0..<20_000 {
            let a = random.value()
            let b = random.value()
            let descending = random.below(2) == 0
            buffer.reset()
            a.withValue { buffer.append($0, descending: descending) }
            #expect(buffer.makeSuccessor())
            let other = key(b, descending: descending)
            // Past the successor is what sorts after the value; before it is the value itself and what sorts before.
            let isAfter = compare(b, a) * (descending ? -1 : 1) > 0
            #expect((order(other, buffer.array) >= 0) == isAfter, "\(b) against \(a)")
            #expect(order(key(a, descending: descending) + [0xFF, 0xFF], buffer.array) < 0)
        }
    }

    @Test func typesHaveRangesOfTheirOwn() {
        var random = SeededRandom.announced()
        for _ in 0..<5000 {
            let value = random.value()
            for descending in [false, true] {
                let buffer = IndexKeyBuffer()
                buffer.reset()
                buffer.appendType(value.type, descending: descending)
                let low = buffer.array
                #expect(buffer.makeSuccessor())
                let bytes = key(value, descending: descending)
                #expect(order(low, bytes) <= 0 && order(bytes, buffer.array) < 0)
            }
        }
    }

    @Test func stringPrefixesBeginTheKeysOfTheirStrings() {
        var random = SeededRandom.announced()
        for _ in 0..<5000 {
            let (prefix, text) = (random.text(), random.text())
            for descending in [false, true] {
                let buffer = IndexKeyBuffer()
                buffer.reset()
                BSONValue.string(prefix).withValue { buffer.appendStringPrefix($0.bytes, descending: descending) }
                let begins = text.utf8.starts(with: prefix.utf8)
                #expect(
                    key(.string(text), descending: descending).starts(with: buffer.array) == begins,
                    "\(prefix.utf8) \(text.utf8)")
            }
        }
    }
}
