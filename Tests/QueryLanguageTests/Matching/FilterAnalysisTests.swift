import BSON
import Testing

@testable import QueryLanguage

@Suite struct FilterAnalysisTests {
    private func analyse(_ json: String) throws -> FilterAnalysis {
        try Document(json: json).withView { try FilterAnalysis($0) }
    }

    private func text(_ intervals: ValueIntervals) -> String {
        intervals.intervals.map {
            "\($0.includesLower ? "[" : "(")\($0.lower.extendedJSON()), \($0.upper.extendedJSON())\($0.includesUpper ? "]" : ")")"
        }.joined(separator: " ")
    }

    @Test(arguments: [
        (#"{"a": 5}"#, "[5, 5]", true),
        (
            #"{"a": {"$gt": 1, "$lte": 9}}"#,
            #"(1, {"$numberDouble":"Infinity"}] & [{"$numberDouble":"-Infinity"}, 9]"#, true
        ),
        (#"{"a": {"$in": [3, 1, "x"]}}"#, #"[1, 1] [3, 3] ["x", "x"]"#, true),
        (#"{"a": {"$ne": 4}}"#, #"[{"$minKey":1}, 4) (4, {"$maxKey":1}]"#, false),
        (#"{"a": null}"#, "[null, null]", false),
        (#"{"a": {"$ne": null}}"#, #"[{"$minKey":1}, null) (null, {"$maxKey":1}]"#, false),
        (#"{"a": {"$lt": "m"}}"#, #"["", "m")"#, true),
        (
            #"{"a": {"$regex": "^ab.*c"}}"#,
            #"["ab", "ac") [{"$regularExpression":{"pattern":"^ab.*c","options":""}}, {"$regularExpression":{"pattern":"^ab.*c","options":""}}]"#,
            false
        ),
        (#"{"a": {"$elemMatch": {"$gte": 2, "$lt": 4}}}"#, "[2, 4)", false),
        (#"{"a": {"$exists": true}}"#, #"[{"$minKey":1}, {"$maxKey":1}]"#, true),
        (#"{"a": {"$gte": {"$minKey": 1}}}"#, "", false),
        (#"{"a": {"$lt": {"$numberDouble": "NaN"}}}"#, "", true),
    ])
    func intervalsOfOneCondition(_ filter: String, _ intervals: String, _ exact: Bool) throws {
        let analysis = try analyse(filter)
        #expect(analysis.constraints.map { text($0.intervals) }.joined(separator: " & ") == intervals)
        #expect(analysis.isExact == exact)
    }

    @Test func anElementsConditionsShareAGroup() throws {
        let analysis = try analyse(#"{"a": {"$elemMatch": {"x": 1, "y": {"$gt": 2}}}, "b": 1}"#)
        #expect(analysis.constraints.map(\.path) == ["a.x", "a.y", "b"])
        #expect(analysis.constraints[0].elementGroup != nil)
        #expect(analysis.constraints[0].elementGroup == analysis.constraints[1].elementGroup)
        #expect(analysis.constraints[2].elementGroup == nil)
    }

    @Test func arraysInsideAnElementShareNothing() throws {
        let analysis = try analyse(
            #"{"a": {"$elemMatch": {"b.x": 1, "b.y": 2, "c": {"$elemMatch": {"p": 1, "q": 2}}}}}"#)
        #expect(analysis.constraints.map(\.path) == ["a.b.x", "a.b.y", "a.c.p", "a.c.q"])
        let groups = analysis.constraints.map(\.elementGroup)
        #expect(Set(groups).count == 3)
        #expect(groups[2] == groups[3])
    }

    @Test func branchesOfAnOr() throws {
        let analysis = try analyse(#"{"$or": [{"a": 1}, {"b": {"$lt": 2}, "c": 3}], "d": 4}"#)
        #expect(analysis.constraints.map(\.path) == ["d"])
        #expect(analysis.alternatives.count == 1)
        #expect(analysis.alternatives[0].map { $0.constraints.map(\.path) } == [["a"], ["b", "c"]])
    }

    @Test(arguments: [
        ("{\"a\": 5}", "{\"a\": {\"$gt\": 1}}", true),
        ("{\"a\": 5}", "{\"a\": {\"$gt\": 5}}", false),
        ("{\"a\": 5, \"b\": 1}", "{\"a\": {\"$exists\": true}}", true),
        ("{\"a\": null}", "{\"a\": {\"$exists\": true}}", false),
        ("{\"a\": {\"$in\": [1, 2]}}", "{\"$or\": [{\"a\": {\"$lt\": 3}}, {\"b\": 1}]}", true),
        ("{\"b\": 5}", "{\"a\": 5}", false),
        ("{\"a\": 5}", "{\"$expr\": true}", false),
    ])
    func impliesAPartialIndexsFilter(_ query: String, _ partial: String, _ implied: Bool) throws {
        #expect(try analyse(query).implies(analyse(partial)) == implied)
    }

    /// Over the recorded filters: a document that matches has an index key in every constraint's intervals, and where the
    /// analysis is exact a document that has one matches.
    @Test(.enabled(if: VectorCase.available, "the recorded vectors are not at hand"))
    func constraintsHoldForWhatMatches() throws {
        var checked = 0
        var exact = 0
        for group in ["filter", "find", "index"] {
            for vector in try VectorCase.load(group) {
                guard let filter = vector.command["filter"]?.documentValue,
                    let analysis = try? filter.withView({ try FilterAnalysis($0) }),
                    let matched = try? matching(vector.documents, filter)
                else { continue }
                for document in vector.documents {
                    guard let says = document.withView({ holds(analysis, $0) }) else { continue }
                    let matches = matched.contains(document)
                    #expect(
                        !matches || says, "\(vector.name): \(filter.extendedJSON()) matches \(document.extendedJSON())")
                    checked += 1
                    if !analysis.isExact { continue }
                    #expect(
                        matches || !says,
                        "\(vector.name): \(filter.extendedJSON()) does not match \(document.extendedJSON())")
                    exact += 1
                }
            }
        }
        #expect(checked > 10_000 && exact > 1_000)
    }

    /// Whether a document's index keys satisfy the constraints; nil where a path holds a position.
    private func holds(_ analysis: FilterAnalysis, _ document: DocumentView) -> Bool? {
        for constraint in analysis.constraints {
            let path = constraint.path.split(separator: ".").map { String($0) }
            if path.contains(where: { Int($0) != nil }) { return nil }
            let found = keys(.document(document), path[...]).contains { key in
                key.isMissing
                    ? !constraint.requiresPresence && constraint.intervals.contains(.null)
                    : constraint.intervals.contains(key)
            }
            if !found { return false }
        }
        for branches in analysis.alternatives {
            let answers = branches.map { holds($0, document) }
            if answers.contains(nil) { return nil }
            if !answers.contains(true) { return false }
        }
        return true
    }

    /// The keys of a document in an index on a path: array elements each on their own, an empty array as undefined.
    private func keys(_ value: ValueView, _ path: ArraySlice<String>) -> [ValueView] {
        guard let name = path.first else {
            guard value.type == .array else { return [value] }
            let elements = value.asDocument.valueViews
            return elements.isEmpty ? [.undefined] : elements
        }
        switch value.type {
        case .document: return keys(value.asDocument.find(name), path.dropFirst())
        case .array:
            let elements = value.asDocument.valueViews
            return elements.isEmpty
                ? [.undefined] : elements.flatMap { $0.type == .document ? keys($0, path) : [.missing] }
        default: return [.missing]
        }
    }
}
