import BSON

/// What was probably meant where a query holds a name that nothing has.
enum Suggestion {
    /// The nearest of some names, as advice; nil where none is near.
    static func name(_ misspelt: String, among names: some Sequence<String>) -> String? {
        nearestName(to: misspelt, among: names).map { "Did you mean \($0)?" }
    }

    /// For an operator that no expression has.
    static func expression(insteadOf name: String) -> String? {
        switch name {
        case "$regex":
            return "In an expression it is {$regexMatch: {input: …, regex: …}}."
        case "$nin":
            return "In an expression it is {$not: [{$in: [value, list]}]}."
        case "$exists":
            return "In an expression, compare with missing: {$ne: [{$type: \"$field\"}, \"missing\"]}."
        case "$elemMatch":
            return "In an expression it is {$anyElementTrue: …} or {$filter: …}."
        default: break
        }
        if let advice = self.name(name, among: ExpressionOperator.byName.keys.sorted()) { return advice }
        if AccumulatorOperator.byName[name] != nil { return "\(name) is an accumulator: it has its place in $group." }
        if StageOperator.byName[name] != nil {
            return "\(name) is a stage: it has its place in the pipeline, as an element of its own."
        }
        return nil
    }

    /// For an accumulator that `$group` does not have.
    static func accumulator(insteadOf name: String) -> String? {
        if let advice = self.name(name, among: AccumulatorOperator.byName.keys.sorted()) { return advice }
        if ExpressionOperator.byName[name] != nil {
            return "\(name) is an expression: put it into an accumulator, such as {$sum: {\(name): …}}."
        }
        return nil
    }

    /// For a stage that there is not.
    static func stage(insteadOf name: String) -> String? {
        if !name.hasPrefix("$"), StageOperator.byName["$" + name] != nil { return "Did you mean $\(name)?" }
        if let advice = self.name(name, among: StageOperator.byName.keys.sorted()) { return advice }
        if AccumulatorOperator.byName[name] != nil { return "\(name) is an accumulator: it has its place in $group." }
        if ExpressionOperator.byName[name] != nil {
            return "\(name) is an expression: it has its place in $project, $set or $group."
        }
        if conditions.contains(name) || topLevel.contains(name) { return "\(name) has its place in a $match." }
        return nil
    }

    /// For an operator beside a field's name in a filter.
    static func condition(insteadOf name: String) -> String? {
        if let advice = self.name(name, among: conditions) { return advice }
        if topLevel.contains(name) { return "\(name) stands before the field, not behind it: {\(name): …}." }
        if ExpressionOperator.byName[name] != nil {
            return "\(name) is an expression: a filter takes one as {$expr: {\(name): …}}."
        }
        return nil
    }

    /// For an operator that stands where a filter's field names do.
    static func topLevel(insteadOf name: String) -> String? {
        if conditions.contains(name) { return "\(name) stands behind a field's name: {field: {\(name): …}}." }
        if let advice = self.name(name, among: topLevel) { return advice }
        if ExpressionOperator.byName[name] != nil {
            return "\(name) is an expression: a filter takes one as {$expr: {\(name): …}}."
        }
        return "A field's name stands without the dollar sign: {\(name.dropFirst()): …}."
    }

    private static let conditions = [
        "$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$not", "$exists", "$type", "$mod", "$size", "$all",
        "$elemMatch", "$regex", "$options", "$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear",
    ]
    private static let topLevel = ["$and", "$or", "$nor", "$expr", "$jsonSchema", "$comment", "$sampleRate"]
}
