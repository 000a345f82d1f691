import Analytics
import BSON
import Testing

@Suite struct ArgumentTests {
    private static let types: [(name: String, rest: String)] = [
        ("text", #""string""#), ("choice", #""string","values":["red","green"]"#), ("count", #""integer","minimum":1"#),
        ("ratio", #""number""#), ("amount", #""decimal""#), ("day", #""date""#), ("flag", #""boolean""#),
    ]

    private let aggregation: SavedAggregation

    init() throws {
        let parameters = ArgumentTests.types.map { #"{"name":"\#($0.name)","description":"d","type":\#($0.rest)}"# }
        let uses = ArgumentTests.types.map { #""\#($0.name)":{"$param":"\#($0.name)"}"# }
        aggregation = try definition(
            pipeline: #"[{"$match":{\#(uses.joined(separator: ","))}}]"#,
            parameters: "[\(parameters.joined(separator: ","))]")
    }

    @Test(arguments: [
        ("text", "", BSONValue.string("")), ("choice", "green", "green"),
        ("count", "5000000000", .int64(5_000_000_000)),
        ("ratio", "-2.5e3", .double(-2500)), ("amount", "0.10", .decimal(Decimal128("0.10")!)),
        ("day", "1970", .date(0)), ("day", "1970-02", .date(31 * 86_400_000)),
        ("day", "1970-01-01T00:00:01", .date(1000)),
        ("day", "1970-01-01T01:00:00+01:00", .date(0)), ("flag", "false", .bool(false)),
    ])
    func textsBecomeValues(name: String, text: String, value: BSONValue) throws {
        #expect(try aggregation.arguments(parsing: [(name, text)]).values == [name: value])
    }

    @Test(
        arguments: [
            ("count", .double(3), BSONValue.int32(3)), ("ratio", .int32(3), .double(3)),
            ("amount", .double(0.1), .decimal(Decimal128("0.1")!)),
            ("amount", "1.50", .decimal(Decimal128("1.50")!)), ("amount", .int32(7), .decimal(Decimal128("7")!)),
            ("day", "1970-01-02", .date(86_400_000)), ("day", .date(5), .date(5)),
        ] as [(String, BSONValue, BSONValue)])
    func jsonValuesBecomeValues(name: String, given: BSONValue, value: BSONValue) throws {
        #expect(try aggregation.arguments(Document([(name, given)])).values == [name: value])
    }

    @Test func nullCountsAsAbsent() throws {
        #expect(try aggregation.arguments(["count": .null]).values.isEmpty)
    }

    @Test(arguments: [
        ("count", "many", "expected an integer, at least 1"), ("count", "0", "out of range"),
        ("choice", "blue", "is not one of"),
        ("ratio", "nan", "out of range"), ("amount", "1,5", "expected a decimal number"),
        ("day", "2010-13-01", "expected a date"),
        ("flag", "yes", "expected true or false"), ("cuont", "1", "no parameter cuont"),
    ])
    func whatDoesNotFitIsRefused(name: String, text: String, message: String) throws {
        let error = try #require(throws: AtelierError.self) { try aggregation.arguments(parsing: [(name, text)]) }
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.location == "parameter \(name)")
    }

    @Test func aParameterIsGivenOnce() throws {
        let error = try #require(throws: AtelierError.self) {
            try aggregation.arguments(parsing: [("count", "1"), ("count", "2")])
        }
        #expect(error.message == "count is given twice")
    }

    @Test(arguments: [("2010", "2010"), ("2011-02", "2011-01-31"), ("2012", "2010")])
    func aPeriodInWhichNothingLiesIsRefused(from: String, to: String) throws {
        let period = try definition(
            pipeline: #"[{"$match":{"at":{"$gte":{"$param":"from"},"$lt":{"$param":"to"}}}}]"#,
            parameters:
                #"[{"name":"from","type":"date","description":"d"},{"name":"to","type":"date","description":"d"}]"#)
        let error = try #require(throws: AtelierError.self) {
            try period.arguments(parsing: [("from", from), ("to", to)])
        }
        #expect(error.code == .badValue)
        #expect(error.location == "parameter to")
        #expect(error.advice?.contains("from belongs to the period, to does not") == true)
        #expect(try period.arguments(parsing: [("from", "2010"), ("to", "2010-01-02")]).values.count == 2)
        #expect(try period.arguments(parsing: [("from", "2010")]).values.count == 1)
    }

    @Test func aRequiredParameterIsAskedFor() throws {
        let strict = try definition(
            pipeline: #"[{"$limit":{"$param":"limit"}}]"#,
            parameters: #"[{"name":"limit","type":"integer","required":true,"description":"How many rows"}]"#)
        let error = try #require(throws: AtelierError.self) { try strict.arguments() }
        #expect(error.message == "test needs the parameter limit: How many rows")
        #expect(error.advice == "Give an integer, for example limit=10.")
    }
}
