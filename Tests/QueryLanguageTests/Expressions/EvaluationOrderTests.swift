import Testing

@testable import QueryLanguage

/// What is evaluated while compiling, what not at all, and which of several errors is reported.
@Suite struct EvaluationOrderTests {
    @Test(arguments: [
        // Malformed anywhere comes before what a constant's evaluation throws.
        ExpressionCase(#"{"$concat": [{"$toInt": "x"}, {"$nope": 1}]}"#, .error(168)),
        // A constant that fails fails even where it is never reached.
        ExpressionCase(#"{"$cond": [true, 1, {"$toInt": "x"}]}"#, .error(241)),
        ExpressionCase(#"{"$cond": [true, 1, {"$toInt": "$x"}]}"#, on: #"{"x": "no number"}"#, "1"),
        // Constants of associative operators are put together first.
        ExpressionCase(#"{"$concat": ["$missing", "a", 1]}"#, .error(16702)),
        ExpressionCase(#"{"$concat": ["$missing", "a", "$x", 1]}"#, on: #"{"x": 5}"#, "null"),
        ExpressionCase(#"{"$add": ["x", "$missing"]}"#, "null"),
        ExpressionCase(#"{"$and": [{"$toInt": "$x"}, false]}"#, on: #"{"x": "no number"}"#, "false"),
        ExpressionCase(#"{"$or": [{"$toInt": "$x"}, 1]}"#, on: #"{"x": "no number"}"#, "true"),
        ExpressionCase(#"{"$and": [0, {"$toInt": "$x"}]}"#, on: #"{"x": "no number"}"#, "false"),
        // Arguments behind the one that decides are not evaluated.
        ExpressionCase(#"{"$concat": ["$_id", {"$toUpper": "$x"}]}"#, on: #"{"_id": 1, "x": []}"#, .error(16702)),
        ExpressionCase(#"{"$setIntersection": [[], "$x"]}"#, on: #"{"x": 5}"#, .error(17047)),
        ExpressionCase(#"{"$setIntersection": ["$e", "$x"]}"#, on: #"{"e": [], "x": 5}"#, "[]"),
        ExpressionCase(#"{"$setEquals": ["$x", "$y", "$z"]}"#, on: #"{"x": [1], "y": [2], "z": 3}"#, "false"),
    ])
    func order(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ExpressionCase(
            #"{"$sum": {"$map": {"input": "$a", "in": {"$multiply": ["$$this.p", "$$this.q"]}}}}"#,
            on: #"{"a": [{"p": 2, "q": 3}, {"p": 4}, {"p": 1, "q": 1.5}]}"#, "7.5"),
        ExpressionCase(
            #"{"$size": {"$filter": {"input": "$a", "cond": {"$gt": ["$$this", 1]}}}}"#, on: #"{"a": [1, 2, 3]}"#, "2"),
        ExpressionCase(
            #"{"$max": {"$map": {"input": {"$filter": {"input": "$a", "as": "x", "cond": "$$x.in"}}, "as": "y", "in": "$$y.v"}}}"#,
            on: #"{"a": [{"in": true, "v": 3}, {"v": 9}, {"in": 1, "v": 5}]}"#, "5"),
        ExpressionCase(#"{"$avg": {"$map": {"input": "$missing", "in": 1}}}"#, "null"),
        ExpressionCase(#"{"$size": {"$map": {"input": "$missing", "in": 1}}}"#, .error(17124)),
        ExpressionCase(#"{"$sum": {"$filter": {"input": 5, "cond": true}}}"#, .error(28651)),
        ExpressionCase(
            #"{"$map": {"input": [1, 2], "as": "x", "in": {"$map": {"input": [10, 20], "as": "y", "in": {"$add": ["$$x", "$$y"]}}}}}"#,
            "[[11, 21], [12, 22]]"),
        ExpressionCase(
            #"{"$reduce": {"input": [1, 2, 3], "initialValue": {"sum": 0}, "in": {"sum": {"$add": ["$$value.sum", "$$this"]}}}}"#,
            #"{"sum": 6}"#),
        ExpressionCase(
            #"{"$let": {"vars": {"x": 1}, "in": {"$let": {"vars": {"x": 2, "y": "$$x"}, "in": ["$$x", "$$y"]}}}}"#,
            "[2, 1]"),
    ])
    func loopsInLoops(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    /// Values that double or nest with every round end in an error, not in all of the memory or stack.
    @Test(arguments: [
        ExpressionCase(
            #"{"$reduce": {"input": {"$range": [0, 60]}, "initialValue": "xxxx", "in": {"$concat": ["$$value", "$$value"]}}}"#,
            .error(10334)),
        ExpressionCase(
            #"{"$reduce": {"input": {"$range": [0, 60]}, "initialValue": [1], "in": {"$concatArrays": ["$$value", "$$value"]}}}"#,
            .error(10334)),
        ExpressionCase(
            #"{"$reduce": {"input": {"$range": [0, 60]}, "initialValue": 1, "in": ["$$value", "$$value"]}}"#,
            .error(10334)),
        ExpressionCase(
            #"{"$reduce": {"input": {"$range": [0, 60]}, "initialValue": 1, "in": {"a": "$$value", "b": "$$value"}}}"#,
            .error(10334)),
        ExpressionCase(
            #"{"$reduce": {"input": {"$range": [0, 5000]}, "initialValue": 1, "in": ["$$value"]}}"#, .error(15)),
        ExpressionCase(#"{"$range": [0, 2147483647]}"#, .error(146)),
    ])
    func growthEnds(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }
}
