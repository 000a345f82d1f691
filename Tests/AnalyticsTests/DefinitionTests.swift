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
        (definitionText(more: #","kolumns":[]"#), "kolumns is not known"),
        (definitionText(more: #","name":"test""#), "name is there twice"),
        (definitionText(name: "other"), "name is not the file's"),
        (
            definitionText(parameters: #"[{"name":"p","type":"money","description":"d"}]"#),
            "parameters[0].type is money"
        ),
        (definitionText(parameters: #"[{"name":"p","type":"date"}]"#), "parameters[0].description is missing"),
        (
            definitionText(parameters: #"[{"name":"p","type":"date","description":"d"}]"#),
            "parameters[0] is p, which the pipeline does not use"
        ),
        (
            definitionText(
                pipeline: #"[{"$limit":{"$param":"p"}}]"#,
                parameters: #"[{"name":"p","type":"integer","default":"x","description":"d"}]"#),
            "parameters[0].default does not fit: expected an integer"
        ),
        (
            definitionText(
                pipeline: #"[{"$limit":{"$param":"p"}}]"#,
                parameters: #"[{"name":"p","type":"integer","default":0,"minimum":1,"description":"d"}]"#),
            "parameters[0].default does not fit: the number is out of range"
        ),
        (
            definitionText(
                pipeline: #"[{"$limit":{"$param":"p"}}]"#,
                parameters: #"[{"name":"p","type":"date","minimum":1,"description":"d"}]"#),
            "parameters[0].minimum bounds what is not a number"
        ),
        (
            definitionText(pipeline: #"[{"$limit":{"$param":"limits"}}]"#),
            "pipeline[0].$limit.$param names no parameter"
        ),
        (
            definitionText(pipeline: #"[{"$match":{"a":[{"$if":"x","then":1}]}}]"#),
            "pipeline[0].$match.a[0].$if names no parameter"
        ),
        (
            definitionText(pipeline: #"[{"$match":{"a":{"$if":"x","than":1}}}]"#),
            "pipeline[0].$match.a does not use $if"
        ),
        (definitionText(pipeline: #"[{"$limit":1,"$skip":2}]"#), "pipeline[0] is not an object with one key"),
        (definitionText(pipeline: "[]"), "pipeline is empty"),
        (definitionText(columns: #"[{"name":"n","type":"text"}]"#), "columns[0].type is text"),
        (
            definitionText(columns: #"[{"name":"n","type":"string","unit":"currency"}]"#),
            "columns[0].unit is that of a number"
        ),
        (
            definitionText(columns: #"[{"name":"n","type":"string"},{"name":"n","type":"string"}]"#),
            "columns names n twice"
        ),
        (definitionText(more: #","chart":{"type":"bar","x":"month","y":["n"]}"#), "chart names the column month"),
    ])
    func whatIsWrongIsNamedWithItsPlace(text: String, message: String) throws {
        let error = try #require(throws: AtelierError.self) {
            try SavedAggregation(Document(json: text), path: "some/test.json")
        }
        #expect(error.location == "some/test.json")
        #expect(error.message.hasPrefix(message), "\(error.message)")
        #expect(error.code == .failedToParse)
    }

    @Test func misspeltNamesGetASuggestion() throws {
        let error = try #require(throws: AtelierError.self) {
            try SavedAggregation(Document(json: definitionText(more: #","colum":[]"#)), path: "test.json")
        }
        #expect(error.advice == "Did you mean columns?")
    }
}
