import BSON
import Platform

/// Random pipelines over the documents of `RandomShop` that end in a `$group`, as JSON text.
struct RandomPipelines: Drawing {
    var random: SeededRandom
    /// Whether what they yield is the same whichever way the rows are divided among threads.
    private let isGentle: Bool
    /// Names and kinds of variables in sight.
    private var variables: [(name: String, kind: Kind)] = []
    private var made = 0
    /// Paths in the rows at hand, and what they mostly lead to.
    private var paths: [(name: String, kind: Kind)] = []
    /// Whether operators may come that no column can be worked out for.
    private var hasAll = false
    /// Whether operands are checked before they are computed with.
    private var isGuarded = false

    enum Kind { case number, text, date, truth, document, documents, numbers, texts, anything }

    init(seed: UInt64, isGentle: Bool = false) {
        random = SeededRandom(seed: seed)
        self.isGentle = isGentle
    }

    // MARK: Pipelines

    mutating func pipeline() -> [String] {
        (hasAll, isGuarded) = (chance(8), chance(75))
        (variables, made) = ([], 0)
        paths = [
            ("n", .number), ("l", .number), ("d", .number), ("m", .number), ("n", .number), ("m", .number),
            ("e.a", .number),
            ("e.z.y", .number), ("0", .number), ("k", .text), ("k", .text), ("s", .text), ("e.k", .text), ("t", .date),
            ("b", .truth), ("e", .document), ("e.z", .document), ("w", .anything), ("o", .anything),
            ("nest", .anything),
            ("missing", .anything), ("e.z.x.v", .anything), ("e.0", .anything),
        ]
        put("items", .documents)
        put("more", .documents)
        put("e.list", .documents)
        put("nums", .numbers)
        put("tags", .texts)
        var stages = (0..<below(5)).map { _ in stage() }
        if chance(15) { stages.append(sort()) }
        if chance(90) {
            stages.append(group())
            if chance(50) { stages.append(#"{"$sort": {"_id": 1}}"#) }
        } else {
            stages.append(sort())
            if chance(50) { stages.append(#"{"$limit": \#(1 + below(900))}"#) }
        }
        return stages
    }

    /// Notes that a field holds something else from here on.
    private mutating func put(_ name: String, _ kind: Kind) {
        paths.removeAll { $0.name == name || $0.name.hasPrefix(name + ".") }
        paths.append((name, kind))
        switch kind {
        case .documents:
            paths += [
                ("q", Kind.numbers), ("p", .numbers), ("sku", .texts), ("in.deep", .numbers), ("tags", .anything),
            ].map {
                ("\(name).\($0)", $1)
            }
        case .document:
            paths += [
                ("q", Kind.number), ("p", .number), ("sku", .text), ("in.deep", .number), ("d", .date),
                ("tags", .texts),
                ("in", .document), ("0", .number),
            ].map { ("\(name).\($0)", $1) }
        default: break
        }
    }

    private mutating func stage() -> String {
        switch below(hasAll ? 13 : 11) {
        case 0, 1: return #"{"$match": \#(chance(30) ? filter(1) : #"{"$or": [\#(filter(0)), \#(filter(1))]}"#)}"#
        case 2, 3, 4, 5, 6:
            return #"{"\#(pick(["$addFields", "$set"]))": {\#(computed(["x", "y", "n", "items", "v"]))}}"#
        case 7:
            let kept = ["k", "n", "m", "items", "nums", "t", "e"]
            let fields = computed(["x", "y", "d"])
            paths.removeAll { path in
                !(kept + ["x", "y", "d"]).contains { path.name == $0 || path.name.hasPrefix($0 + ".") }
            }
            return #"{"$project": {\#(kept.map { #""\#($0)": 1"# }.joined(separator: ", ")), \#(fields)}}"#
        case 8: return #"{"$unset": \#(pick([#""n""#, #""x""#, #"["items", "w"]"#, #""e.a""#, #""items.q""#]))}"#
        case 9, 10:
            let name = pick(["items", "items", "more", "nums", "tags", "nest", "x", "y", "w"])
            unwound(name)
            return #"{"$unwind": "$\#(name)"}"#
        case 11:
            let path = pick(["items", "e.list", "e.z.x", "items.tags", "nums", "x"])
            unwound(path)
            return pick([
                #"{"$unwind": {"path": "$\#(path)", "preserveNullAndEmptyArrays": \#(chance(50))}}"#,
                #"{"$unwind": {"path": "$\#(path)", "includeArrayIndex": "x"}}"#, #"{"$unwind": "$\#(path)"}"#,
            ])
        default:
            return pick([#"{"$replaceRoot": {"newRoot": "$$ROOT"}}"#, #"{"$addFields": {"e.new": \#(number(1))}}"#])
        }
    }

    private mutating func unwound(_ name: String) {
        switch paths.last(where: { $0.name == name })?.kind {
        case .documents: put(name, .document)
        case .numbers: put(name, .number)
        case .texts: put(name, .text)
        default: put(name, name == "nest" ? .numbers : .anything)
        }
    }

    /// Some fields with expressions.
    private mutating func computed(_ names: [String]) -> String {
        let chosen = names.filter { _ in chance(40) }
        let made = (chosen.isEmpty ? [names[0]] : chosen).map { name in
            let kind: Kind =
                name == "items"
                ? .documents
                : pick([
                    .number, .number, .number, .text, .date, .documents, .documents, .numbers, .numbers, .texts, .truth,
                    .anything,
                ])
            return (name: name, kind: kind, text: expression(kind, 3))
        }
        for field in made { put(field.name, field.kind) }
        return made.map { #""\#($0.name)": \#($0.text)"# }.joined(separator: ", ")
    }

    private mutating func sort() -> String {
        let fields = ["k", "n", "m", "t", "l", "x", "w", "d", "items", "e.a"]
        let keys = (0..<1 + below(2)).map { _ in #""\#(pick(fields))": \#(pick([1, -1]))"# }
        return #"{"$sort": {\#(keys.joined(separator: ", "))}}"#
    }

    private mutating func group() -> String {
        let key: String
        switch below(9) {
        case 0: key = "null"
        case 1, 2: key = pick([#""$k""#, #""$e.k""#, #""$x""#, #""$w""#, #""$items.sku""#, #""$b""#, #""$o""#])
        case 3, 4: key = anything(2)
        default:
            let parts = ["a", "b", "c"].prefix(1 + below(3)).map { name in
                let part = pick([
                    #""$_id""#, #"{"$mod": ["$_id", 37]}"#, #""$k""#, #""$s""#, #""$e.a""#, #""$y""#, text(1),
                    field(.number), date(1), truth(2),
                ])
                return #""\#(name)": \#(part)"#
            }
            key = "{\(parts.joined(separator: ", "))}"
        }
        if chance(15) { return #"{"$group": {"_id": \#(key), "n": {"$sum": \#(pick(["1", "2", "2.5"]))}}}"# }
        let fields = (0..<below(4)).map { #""a\#($0)": {\#(accumulator())}"# }
        return #"{"$group": {\#(([#""_id": \#(key)"#] + fields).joined(separator: ", "))}}"#
    }

    private mutating func accumulator() -> String {
        switch below(hasAll ? 14 : 12) {
        case 0, 1, 2: return #""$sum": \#(chance(30) ? "1" : number(3))"#
        case 3: return #""$avg": \#(number(2))"#
        case 4, 5: return #""\#(pick(["$min", "$max"]))": \#(anything(2))"#
        case 6: return #""\#(pick(["$first", "$last"]))": \#(pick([anything(2), #""$$ROOT""#, #""$items""#]))"#
        case 7: return #""$push": \#(anything(1))"#
        case 8: return #""$addToSet": \#(anything(2))"#
        case 9:
            return isGentle ? #""$sum": \#(number(2))"# : #""\#(pick(["$stdDevPop", "$stdDevSamp"]))": \#(number(2))"#
        case 10: return #""$mergeObjects": \#(pick([#""$e""#, #""$e""#, document(1), anything(1)]))"#
        case 11: return #""$count": {}"#
        case 12: return #""$push": {"p": \#(anything(1)), "q": "$n"}"#
        default:
            return
                #""$sum": {"$reduce": {"input": \#(numbers(1)), "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}"#
        }
    }

    // MARK: Filters

    mutating func filter(_ depth: Int) -> String {
        if depth > 0 && chance(40) {
            switch below(4) {
            case 0:
                let clauses = (0..<2 + below(2)).map { _ in filter(depth - 1) }.joined(separator: ", ")
                return #"{"\#(pick(["$and", "$or", "$nor"]))": [\#(clauses)]}"#
            case 1: return #"{"$expr": \#(truth(2))}"#
            default: return "{\(condition()), \(condition())}"
            }
        }
        return "{\(condition())}"
    }

    private mutating func condition() -> String {
        switch below(12) {
        case 0:
            let path = pick(["n", "l", "d", "m", "e.a", "e.z.y", "0", "items.q", "items.in.deep", "nums", "w", "x"])
            return #""\#(path)": \#(test(numeric(), [#"{"$mod": [3, 1]}"#, #"{"$bitsAnySet": 5}"#]))"#
        case 1:
            return
                #""\#(pick(["k", "e.k", "s", "tags", "items.sku", "w"]))": \#(test(word(), [#"{"$regex": "^[ns]"}"#]))"#
        case 2: return #""t": \#(test(day(), []))"#
        case 3:
            let path = pick(["items.0", "items.1", "nums.0", "tags.2", "e.0", "items.0.q", "items.q.0", "x.0", "w.0"])
            return #""\#(path)": {"$exists": \#(chance(50))}"#
        case 4:
            let inner = pick([
                #""q": {"$gt": \#(below(5))}, "sku": \#(word())"#, #""q": {"$gt": \#(below(5))}"#,
                #""in.deep": \#(below(4))"#,
                #""$or": [{"sku": "P\#(below(6))"}, {"p": {"$lt": 9}}]"#,
                #""tags": {"$in": ["x", ""]}, "q": {"$ne": 3}"#,
                #""$nor": [{"q": \#(below(5))}], "d": {"$exists": true}"#, #""missing": null"#, #""0": 7"#,
            ])
            return #""\#(pick(["items", "items", "more", "e.list", "x", "w"]))": {"$elemMatch": {\#(inner)}}"#
        case 5: return #""\#(pick(["nums", "w", "nest"]))": {"$elemMatch": {"$gt": \#(numeric()), "$lt": 15}}"#
        case 6: return #""\#(pick(["items", "tags", "nums", "w"]))": {"$size": \#(below(4))}"#
        case 7: return #""\#(pick(["tags", "items.tags", "nest"]))": {"$all": [\#(word())]}"#
        case 8:
            return
                #""\#(pick(["b", "x", "o", "w", "n", "missing"]))": \#(pick(["true", "null", #"{"$exists": true}"#]))"#
        case 9:
            return
                #""\#(pick(["w", "n", "items", "x"]))": {"$type": \#(pick([#""number""#, #""array""#, #""decimal""#, #""null""#]))}"#
        case 10: return #""\#(pick(["e", "items.in"]))": {"deep": \#(below(4))}"#
        default: return #""items.\#(pick(["q", "0.q", "p", "d"]))": \#(test(numeric(), []))"#
        }
    }

    private mutating func test(_ value: String, _ others: [String]) -> String {
        let comparison = #"{"\#(pick(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]))": \#(value)}"#
        return pick(
            [
                value, comparison, comparison, comparison, #"{"$not": \#(comparison)}"#,
                #"{"$in": [\#(value), 3, null]}"#,
                #"{"$nin": [\#(value), "a"]}"#, #"{"$exists": \#(chance(70))}"#, #"{"$type": "number"}"#,
            ] + others)
    }

    // MARK: Constants

    private mutating func numeric() -> String {
        if chance(40) { return pick(["0", "-1", "1"]) }
        return pick([
            "0", "1", "2", "3", "7", "-1", "2.5", #"{"$numberDecimal": "1.10"}"#, #"{"$numberDecimal": "25"}"#,
            #"{"$numberLong": "12"}"#, #"{"$numberDouble": "10.0"}"#,
        ])
    }

    private mutating func word() -> String {
        pick([#""north""#, #""""#, #""a""#, #""P1""#, #""x""#, #""é""#, #""p""#])
    }

    private mutating func day() -> String {
        #"{"$date": "2018-\#(pick(["01", "06", "12"]))-0\#(1 + below(9))T\#(pick(["00", "05"])):59:58Z"}"#
    }

    // MARK: Expressions

    mutating func anything(_ depth: Int) -> String {
        switch below(10) {
        case 0, 1, 2: return number(depth)
        case 3: return text(depth)
        case 4: return date(depth)
        case 5: return truth(depth)
        case 6: return documents(depth)
        case 7: return pick([numbers(depth), texts(depth)])
        case 8: return document(depth)
        default: return field(.anything)
        }
    }

    /// A path or a variable that leads to something of this kind, mostly.
    private mutating func field(_ kind: Kind) -> String {
        let known = variables.filter { $0.kind == kind }
        if !known.isEmpty && chance(50) { return #""$$\#(pick(known).name)""# }
        let elements = variables.filter { $0.kind == .document }
        let inside: [Kind: [String]] = [
            .number: ["q", "p", "q", "in.deep", "0"], .text: ["sku"], .texts: ["tags"], .date: ["d"],
        ]
        if !elements.isEmpty && chance(60), let names = inside[kind] {
            return #""$$\#(pick(elements).name).\#(pick(names))""#
        }
        let wanted = chance(3) ? [] : paths.filter { $0.kind == kind }
        return #""$\#(pick(wanted.isEmpty ? paths : wanted).name)""#
    }

    /// An operand, checked where operands are.
    private mutating func checked(_ operand: String, _ test: String, _ otherwise: String) -> String {
        isGuarded && chance(90) ? #"{"$cond": [\#(test.replacing(operand)), \#(operand), \#(otherwise)]}"# : operand
    }

    /// Something with a variable in sight.
    private mutating func with(_ kind: Kind, _ body: (inout Self, String) -> String) -> String {
        made += 1
        let name = "v\(made)"
        variables.append((name, kind))
        defer { variables.removeLast() }
        return body(&self, name)
    }

    /// What all kinds have: a choice, a default, a name.
    private mutating func choice(_ depth: Int, _ make: (inout Self, Int) -> String) -> String {
        switch below(4) {
        case 0: return #"{"$cond": [\#(truth(depth - 1)), \#(make(&self, depth - 1)), \#(make(&self, depth - 1))]}"#
        case 1: return #"{"$ifNull": [\#(make(&self, depth - 1)), \#(make(&self, depth - 1))]}"#
        case 2:
            let branches = (0..<1 + below(2)).map { _ in
                #"{"case": \#(truth(depth - 1)), "then": \#(make(&self, depth - 1))}"#
            }.joined(separator: ", ")
            let otherwise = chance(90) ? #", "default": \#(make(&self, depth - 1))"# : ""
            return #"{"$switch": {"branches": [\#(branches)]\#(otherwise)}}"#
        default:
            let kind: Kind = pick([.number, .number, .documents, .numbers, .text])
            let value = expression(kind, depth - 1)
            return with(kind) { #"{"$let": {"vars": {"\#($1)": \#(value)}, "in": \#(make(&$0, depth - 1))}}"# }
        }
    }

    private mutating func expression(_ kind: Kind, _ depth: Int) -> String {
        switch kind {
        case .number: number(depth)
        case .text: text(depth)
        case .date: date(depth)
        case .truth: truth(depth)
        case .document: document(depth)
        case .documents: documents(depth)
        case .numbers: numbers(depth)
        case .texts: texts(depth)
        case .anything: anything(depth)
        }
    }

    mutating func number(_ depth: Int) -> String {
        if depth <= 0 || chance(15) {
            if chance(2) { return #""$$three""# }
            return chance(15) ? numeric() : checked(field(.number), #"{"$isNumber": _}"#, "0")
        }
        let d = depth - 1
        switch below(hasAll ? 20 : 16) {
        case 0: return #"{"\#(pick(["$add", "$multiply"]))": [\#(number(d)), \#(number(d))]}"#
        case 1: return #"{"$subtract": [\#(number(d)), \#(number(d))]}"#
        case 2:
            let divisor = number(d)
            let quotient = #"{"\#(pick(["$divide", "$mod"]))": [\#(number(d)), \#(divisor)]}"#
            if isGentle { return #"{"$trunc": [\#(number(d)), 0]}"# }
            return chance(25) ? quotient : #"{"$cond": [{"$eq": [\#(divisor), 0]}, 0, \#(quotient)]}"#
        case 3: return #"{"\#(pick(["$abs", "$ceil", "$floor", "$trunc"]))": \#(number(d))}"#
        case 4: return #"{"$round": [\#(number(d)), \#(below(3))]}"#
        case 5, 6:
            let operators =
                isGentle ? ["$sum", "$min", "$max"] : ["$sum", "$sum", "$avg", "$min", "$max", "$stdDevPop"]
            return #"{"\#(pick(operators))": \#(chance(80) ? numbers(d) : "[\(number(d)), \(number(d))]")}"#
        case 7: return #"{"$size": \#(sized(d))}"#
        case 8, 9: return choice(depth) { $0.number($1) }
        case 10:
            let part = pick([
                "$year", "$month", "$dayOfMonth", "$hour", "$dayOfWeek", "$isoWeek", "$dayOfYear", "$millisecond",
            ])
            if chance(50) { return #"{"\#(part)": \#(date(d))}"# }
            return #"{"\#(part)": {"date": \#(date(d)), "timezone": \#(zone())}}"#
        case 11: return #"{"$strLenCP": {"$ifNull": [\#(text(d)), ""]}}"#
        case 12: return #"{"$cmp": [\#(anything(d)), \#(anything(d))]}"#
        case 13:
            return
                #"{"\#(pick(["$toDouble", "$toDecimal"]))": \#(isGuarded ? number(d) : pick([number(d), text(0), truth(d)]))}"#
        case 14 where hasAll:
            return #"{"$convert": {"input": \#(anything(d)), "to": "int", "onError": -1, "onNull": \#(number(d))}}"#
        case 14: return #"{"$toDouble": \#(truth(d))}"#
        case 15: return #"{"$indexOfArray": [{"$ifNull": [\#(texts(d)), []]}, \#(text(d))]}"#
        case 16:
            return #"{"$reduce": {"input": \#(numbers(d)), "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}"#
        case 17: return #"{"$dateDiff": {"startDate": \#(date(d)), "endDate": \#(date(d)), "unit": "day"}}"#
        case 18: return #"{"$arrayElemAt": [\#(numbers(d)), \#(pick(["0", "-1"]))]}"#
        default: return isGentle ? "1" : #"{"\#(pick(["$sqrt", "$exp", "$ln"]))": {"$abs": \#(number(d))}}"#
        }
    }

    private mutating func sized(_ depth: Int) -> String {
        let list = pick([documents(depth), numbers(depth), texts(depth)])
        return chance(70) ? #"{"$cond": [{"$isArray": [\#(list)]}, \#(list), []]}"# : list
    }

    private mutating func zone() -> String {
        pick([#""Europe/London""#, #""+05:30""#, #""America/New_York""#, #""UTC""#])
    }

    mutating func truth(_ depth: Int) -> String {
        if depth <= 0 { return chance(50) ? #""$b""# : #"{"$gt": [\#(number(0)), \#(numeric())]}"# }
        let d = depth - 1
        switch below(11) {
        case 0, 1, 2:
            let comparison = pick(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"])
            switch below(4) {
            case 0: return #"{"\#(comparison)": [\#(number(d)), \#(numeric())]}"#
            case 1: return #"{"\#(comparison)": [\#(number(d)), \#(number(d))]}"#
            case 2: return #"{"\#(comparison)": [\#(text(d)), \#(word())]}"#
            default: return #"{"\#(comparison)": [\#(anything(d)), \#(anything(d))]}"#
            }
        case 3, 4: return #"{"\#(pick(["$and", "$or"]))": [\#(truth(d)), \#(truth(d))]}"#
        case 5: return #"{"$not": [\#(truth(d))]}"#
        case 6:
            return
                #"{"$in": [\#(text(d)), \#(chance(50) ? #"["north", "a", ""]"# : #"{"$ifNull": [\#(texts(d)), []]}"#)]}"#
        case 7: return #"{"$isArray": [\#(anything(d))]}"#
        case 8:
            return
                #"{"$setIsSubset": [\#(hasAll ? #"["a"]"# : #"{"$ifNull": ["$tags", []]}"#), {"$ifNull": ["$tags", []]}]}"#
        case 9: return #"{"$regexMatch": {"input": {"$toString": \#(text(0))}, "regex": "^[an]"}}"#
        default: return choice(depth) { $0.truth($1) }
        }
    }

    mutating func text(_ depth: Int) -> String {
        if depth <= 0 || chance(20) {
            return chance(10) ? word() : checked(field(.text), #"{"$eq": [{"$type": _}, "string"]}"#, #""a""#)
        }
        let d = depth - 1
        switch below(8) {
        case 0: return #"{"$concat": [\#(text(d)), \#(chance(50) ? word() : text(d))]}"#
        case 1: return #"{"\#(pick(["$toUpper", "$toLower"]))": \#(text(d))}"#
        case 2: return #"{"$substrCP": [\#(text(d)), 0, \#(below(4))]}"#
        case 3:
            if !hasAll { return #"{"$toLower": {"$type": \#(anything(d))}}"# }
            return #"{"$dateToString": {"date": \#(date(d)), "format": "%Y-%m", "timezone": \#(zone())}}"#
        case 4: return #"{"$toString": \#(pick([number(d), date(d), text(d)]))}"#
        case 5: return #"{"$type": \#(anything(d))}"#
        case 6: return #"{"$trim": {"input": \#(text(d)), "chars": "n"}}"#
        default: return choice(depth) { $0.text($1) }
        }
    }

    mutating func date(_ depth: Int) -> String {
        if depth <= 0 || chance(40) {
            return checked(field(.date), #"{"$eq": [{"$type": _}, "date"]}"#, "null")
        }
        let d = depth - 1
        switch below(5) {
        case 0:
            return
                #"{"$dateTrunc": {"date": \#(date(d)), "unit": "\#(pick(["month", "week", "day", "quarter"]))", "timezone": \#(zone())}}"#
        case 1: return #"{"$dateAdd": {"startDate": \#(date(d)), "unit": "month", "amount": \#(below(4))}}"#
        case 2 where hasAll:
            return #"{"$dateFromString": {"dateString": "$s", "onError": \#(date(d)), "onNull": null}}"#
        case 3: return #"{"$add": [\#(date(d)), 86400000]}"#
        default: return choice(depth) { $0.date($1) }
        }
    }

    mutating func document(_ depth: Int) -> String {
        if depth > 0 && chance(25) { return choice(depth) { $0.document($1) } }
        if hasAll && chance(25) { return #"{"a": \#(anything(depth - 1)), "b": "$n"}"# }
        return field(.document)
    }

    /// An array, made sure of at times.
    private mutating func array(_ path: String) -> String {
        isGuarded && chance(40) ? #"{"$cond": [{"$isArray": [\#(path)]}, \#(path), []]}"# : path
    }

    /// An array to loop over: mostly a field's, whose elements need not be put together first.
    private mutating func looped(_ kind: Kind, _ depth: Int) -> String {
        let fields =
            paths.filter { $0.kind == kind && !$0.name.contains(".") }.map { "$\($0.name)" }
            + variables.filter { $0.kind == kind }.map { "$$\($0.name)" }
        if !fields.isEmpty && !(hasAll && chance(30)) {
            if depth > 0 && kind == .documents && chance(30) {
                return with(.document) {
                    #"{"$filter": {"input": "\#($0.pick(fields))", "as": "\#($1)", "cond": \#($0.truth(depth - 1))}}"#
                }
            }
            return #""\#(pick(fields))""#
        }
        return expression(kind, depth)
    }

    /// An array of documents, mostly.
    mutating func documents(_ depth: Int) -> String {
        if depth <= 0 || chance(30) { return array(field(.documents)) }
        let d = depth - 1
        switch below(hasAll ? 9 : 7) {
        case 0, 1, 2:
            let list = looped(.documents, d)
            return with(.document) { #"{"$filter": {"input": \#(list), "as": "\#($1)", "cond": \#($0.truth(d))}}"# }
        case 3: return #"{"$ifNull": [\#(documents(d)), []]}"#
        case 4: return #"{"$concatArrays": [\#(documents(d)), \#(documents(d))]}"#
        case 5, 6: return choice(depth) { $0.documents($1) }
        case 7:
            let list = looped(.documents, d)
            return with(.document) {
                #"{"$filter": {"input": \#(list), "as": "\#($1)", "cond": \#($0.truth(d)), "limit": \#(1 + $0.below(3))}}"#
            }
        default: return #"{"$slice": [\#(documents(d)), 2]}"#
        }
    }

    mutating func numbers(_ depth: Int) -> String {
        if depth <= 0 || chance(25) { return array(field(.numbers)) }
        let d = depth - 1
        switch below(7) {
        case 0, 1, 2:
            let list = looped(.documents, d)
            return with(.document) { #"{"$map": {"input": \#(list), "as": "\#($1)", "in": \#($0.number(d))}}"# }
        case 3:
            let list = looped(.numbers, d)
            return with(.number) { #"{"$map": {"input": \#(list), "as": "\#($1)", "in": \#($0.number(d))}}"# }
        case 4:
            let list = looped(.numbers, d)
            return with(.number) { #"{"$filter": {"input": \#(list), "as": "\#($1)", "cond": \#($0.truth(d))}}"# }
        case 5: return #"{"$setUnion": [{"$ifNull": [\#(numbers(d)), []]}, [1, 2]]}"#
        default: return choice(depth) { $0.numbers($1) }
        }
    }

    mutating func texts(_ depth: Int) -> String {
        if depth <= 0 || chance(40) { return array(field(.texts)) }
        let d = depth - 1
        switch below(4) {
        case 0, 1:
            let list = looped(.documents, d)
            return with(.document) { #"{"$map": {"input": \#(list), "as": "\#($1)", "in": \#($0.text(d))}}"# }
        case 2:
            let list = looped(.texts, d)
            return with(.text) { #"{"$filter": {"input": \#(list), "as": "\#($1)", "cond": \#($0.truth(d))}}"# }
        default: return choice(depth) { $0.texts($1) }
        }
    }
}

extension String {
    /// With an operand in place of `_`.
    fileprivate func replacing(_ operand: String) -> String {
        split(separator: "_", omittingEmptySubsequences: false).joined(separator: operand)
    }
}
