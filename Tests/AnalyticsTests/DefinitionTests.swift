import Analytics
import BSON
import Testing

@Suite struct DefinitionTests {
    @Test func aDefinitionIsReadWhole() throws {
        let aggregation = try SavedAggregation(
            Document(
                json: definitionText(
                    pipeline: #"[{"$limit":{"$param":"limit"}}]"#,
                    parameters:
                        #"[{"name":"limit","type":"integer","default":10,"minimum":1,"maximum":99,"description":"d"}]"#,
                    columns: #"[{"name":"n","type":"decimal","unit":"currency","title":"N"}]"#,
                    more: #","chart":{"type":"bar","x":"n","y":["n"]},"notes":["a"],"since":"5.0""#)),
            path: "some/test.json")
        #expect(aggregation.columns == [Column(name: "n", type: .decimal, unit: .currency, title: "N")])
        #expect(aggregation.chart?.kind == .bar)
        #expect(aggregation.notes == ["a"])
        #expect(aggregation.since == "5.0")
        #expect(aggregation.parameters.first?.expected == "an integer from 1 to 99")
        #expect(try aggregation.arguments().document(aggregation.parameters) == ["limit": 10])
    }

    @Test(arguments: [
        (definitionText(more: #","colums":[]"#), "test.json: colums", "unknown field"),
        (definitionText(more: #","name":"test""#), "test.json: name", "appears twice"),
        (definitionText(name: "other"), "test.json: name", "not the file's"),
        (
            definitionText(parameters: #"[{"name":"p","type":"money","description":"d"}]"#),
            "test.json: parameters[0].type", "money"
        ),
        (
            definitionText(parameters: #"[{"name":"p","type":"date"}]"#), "test.json: parameters[0].description",
            "missing"
        ),
        (
            definitionText(parameters: #"[{"name":"p","type":"date","description":"d"}]"#), "test.json: parameters[0]",
            "does not use p"
        ),
        (
            definitionText(
                pipeline: #"[{"$limit":{"$param":"p"}}]"#,
                parameters: #"[{"name":"p","type":"integer","default":"x","description":"d"}]"#),
            "test.json: parameters[0].default", "an integer"
        ),
        (
            definitionText(
                pipeline: #"[{"$limit":{"$param":"p"}}]"#,
                parameters: #"[{"name":"p","type":"integer","default":0,"minimum":1,"description":"d"}]"#),
            "test.json: parameters[0].default", "out of range"
        ),
        (
            definitionText(pipeline: #"[{"$limit":{"$param":"limits"}}]"#), "test.json: pipeline[0].$limit.$param",
            "no such parameter"
        ),
        (
            definitionText(pipeline: #"[{"$match":{"a":[{"$if":"x","then":1}]}}]"#),
            "test.json: pipeline[0].$match.a[0].$if", "no such"
        ),
        (
            definitionText(pipeline: #"[{"$match":{"a":{"$if":"x","than":1}}}]"#), "test.json: pipeline[0].$match.a",
            "not used as"
        ),
        (definitionText(pipeline: #"[{"$limit":1,"$skip":2}]"#), "test.json: pipeline[0]", "one key"),
        (definitionText(pipeline: "[]"), "test.json: pipeline", "at least one"),
        (definitionText(columns: #"[{"name":"n","type":"text"}]"#), "test.json: columns[0].type", "text"),
        (
            definitionText(columns: #"[{"name":"n","type":"string","unit":"currency"}]"#), "test.json: columns[0].unit",
            "numbers"
        ),
        (
            definitionText(columns: #"[{"name":"n","type":"string"},{"name":"n","type":"string"}]"#),
            "test.json: columns", "twice"
        ),
        (
            definitionText(more: #","chart":{"type":"bar","x":"month","y":["n"]}"#), "test.json: chart",
            "no column month"
        ),
    ])
    func whatIsWrongIsNamedWithItsPlace(text: String, place: String, message: String) throws {
        let error = try #require(throws: AtelierError.self) {
            try SavedAggregation(Document(json: text), path: "test.json")
        }
        #expect(error.location == place)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.code == .failedToParse)
    }

    @Test func misspeltNamesGetASuggestion() throws {
        let error = try #require(throws: AtelierError.self) {
            try SavedAggregation(Document(json: definitionText(more: #","colum":[]"#)), path: "test.json")
        }
        #expect(error.advice == "Did you mean columns?")
    }
}
