extension PlanInWords {
    // MARK: PostgreSQL

    /// Source: PostgreSQL's manual, "Using EXPLAIN".
    static func postgresql(_ lines: [String]) -> [Step] {
        var steps: [Step] = []
        /// How far the nodes above are indented.
        var above: [Int] = []
        for line in lines {
            let indentation = line.prefix { $0 == " " }.count
            var text = String(line.dropFirst(indentation))
            let isNode = text.hasPrefix("->") || steps.isEmpty
            let isInner = ["CTE ", "InitPlan ", "SubPlan "].contains { text.hasPrefix($0) }
            guard isNode || isInner else {
                addDetail(text, to: &steps)
                continue
            }
            if text.hasPrefix("->") { text = String(text.dropFirst(2).drop { $0 == " " }) }
            while let last = above.last, last >= indentation { above.removeLast() }
            let name = text.parted(by: "  (")?.before ?? text
            let (words, kind) = isInner ? (inner(name), .other) : node(name)
            steps.append(Step(depth: above.count, text: words, kind: kind))
            above.append(indentation)
        }
        return steps
    }

    private static func inner(_ name: String) -> String {
        if let name = name.after("CTE ") { return "Works out \(name) once and keeps it:" }
        return name.hasPrefix("InitPlan") ? "Asks an inner query once:" : "Asks an inner query:"
    }

    private static func node(_ name: String) -> (String, Step.Kind) {
        var name = name
        var together = ""
        if let rest = name.after("Parallel ") {
            name = rest
            together = ", by several processes at once"
        }
        for start in ["Partial ", "Finalize "] { name = name.after(start) ?? name }
        if let table = name.after("Seq Scan on ") {
            return ("Reads all rows of \(first(table))\(together)", .scan(first(table)))
        }
        for kind in ["Index Only Scan", "Index Scan", "Bitmap Index Scan"] {
            for way in ["Backward using ", "using ", "on "] {
                guard let rest = name.after("\(kind) \(way)") else { continue }
                guard let (index, table) = rest.parted(by: " on ") else {
                    return ("Finds places in the index \(first(rest))", .other)
                }
                let alone = kind == "Index Only Scan" ? " alone" : ""
                return ("Looks up \(first(table)) in the index \(index)\(alone)\(together)", .lookup(first(table)))
            }
        }
        if let table = name.after("Bitmap Heap Scan on ") {
            return ("Fetches the rows of \(first(table)) that were found\(together)", .lookup(first(table)))
        }
        if let cte = name.after("CTE Scan on ") { return ("Goes through \(first(cte))", .other) }
        if let query = name.after("Subquery Scan on ") {
            return ("Goes through \(first(query).filter { $0 != "\"" })", .other)
        }
        if name.hasPrefix("Hash") && name.hasSuffix("Join") { return ("Joins the two by a hash table:", .other) }
        if name.hasPrefix("Merge") && name.hasSuffix("Join") { return ("Joins the two, both sorted:", .other) }
        if name.hasPrefix("Nested Loop") { return ("For each row of the first, asks the second:", .other) }
        switch name {
        case "HashAggregate", "MixedAggregate": return ("Groups in a hash table", .group)
        case "GroupAggregate": return ("Groups sorted rows", .group)
        case "Aggregate": return ("Computes over all rows", .group)
        case "Sort", "Incremental Sort": return ("Sorts the rows", .sort)
        case "Hash": return ("Makes a hash table of:", .other)
        case "Materialize", "Memoize": return ("Keeps in memory:", .other)
        case "Limit": return ("Keeps the first rows of:", .other)
        case "Unique": return ("Leaves out repetitions", .other)
        case "WindowAgg": return ("Computes over neighbouring rows", .other)
        case "Append", "Merge Append": return ("Puts the rows of queries one after the other:", .other)
        case "Recursive Union": return ("Repeats until nothing new comes:", .other)
        case "Gather", "Gather Merge": return ("Gathers the rows of several processes", .other)
        default: return (name, .other)
        }
    }

    /// By what rows are grouped, sorted or joined.
    private static func addDetail(_ text: String, to steps: inout [Step]) {
        guard let (key, value) = text.parted(by: ": "), let last = steps.last else { return }
        guard ["Sort Key", "Group Key", "Index Cond", "Hash Cond", "Merge Cond"].contains(key),
            !last.text.contains(" by ("), value.count <= 120
        else { return }
        let ends = last.text.hasSuffix(":")
        let words = ends ? String(last.text.dropLast()) : last.text
        let by = key.hasSuffix("Cond") ? " where \(value)" : " by \(value)"
        steps[steps.count - 1] = Step(depth: last.depth, text: words + by + (ends ? ":" : ""), kind: last.kind)
    }

    private static func first(_ text: String) -> String { String(text.prefix { $0 != " " }) }

    // MARK: MariaDB

    /// Source: MariaDB's documentation, "EXPLAIN".
    ///
    /// - Parameter lines: the rows of EXPLAIN, one a table that is read, each as `id=1 select_type=SIMPLE table=orders …`.
    static func mariadb(_ lines: [String]) -> [Step] {
        var steps: [Step] = []
        var query = "1"
        var isFirst = true
        for row in lines.map(mariadbColumns) {
            let id = row["id"] ?? query
            if id != query {
                query = id
                isFirst = true
                let way = row["select_type"] ?? ""
                let isDependent = way.hasPrefix("DEPENDENT")
                steps.append(
                    Step(
                        depth: 0, text: isDependent ? "For each row, asks inner query \(id):" : "Inner query \(id):",
                        kind: .other))
            }
            let depth = query == "1" ? 0 : 1
            if let table = row["table"] {
                let (text, kind) = mariadbAccess(row, table, isFirst: isFirst)
                steps.append(Step(depth: depth, text: text, kind: kind))
                isFirst = false
            }
            let extra = row["Extra"] ?? ""
            if extra.contains("Using temporary") {
                steps.append(Step(depth: depth, text: "Groups in a temporary table", kind: .group))
            }
            if extra.contains("Using filesort") {
                steps.append(Step(depth: depth, text: "Sorts the rows", kind: .sort))
            }
        }
        return steps
    }

    /// The columns of a row: their names are known, and a value reaches to the next name.
    private static func mariadbColumns(_ line: String) -> [String: String] {
        let names = [
            "id", "select_type", "table", "type", "possible_keys", "key", "key_len", "ref", "rows", "filtered", "Extra",
        ]
        var row: [String: String] = [:]
        var name: String?
        for word in line.split(separator: " ") {
            let key = String(word.prefix { $0 != "=" })
            if row["Extra"] == nil, names.contains(key), key.count < word.count {
                name = key
                row[key] = String(word.dropFirst(key.count + 1))
            } else if let name {
                row[name, default: ""] += " \(word)"
            }
        }
        return row
    }

    private static func mariadbAccess(
        _ row: [String: String], _ table: String, isFirst: Bool
    ) -> (String, Step.Kind) {
        let isInner = table.hasPrefix("<")
        let name = isInner ? "inner query \(table.filter(\.isNumber))" : table
        let key = row["key"] == "PRIMARY" ? "its key" : "the index \(row["key"] ?? "")"
        let each = isFirst ? "Looks up" : "For each row before, looks up"
        switch row["type"] ?? "" {
        case "ALL":
            let again = isFirst ? "" : ", for each batch of rows before"
            return isInner
                ? ("Goes through \(name)\(again)", .other) : ("Reads all rows of \(name)\(again)", .scan(name))
        case "index": return ("Reads all of \(key) of \(name)", .scan(name))
        case "range": return ("Looks up a range of \(name) in \(key)", .lookup(name))
        case "hash_ALL", "hash_index", "hash_range":
            return ("Reads \(name) and finds the rows before in a hash table", isInner ? .other : .scan(name))
        case "index_merge": return ("\(each) \(name) in several indexes", .lookup(name))
        default:
            if isInner { return ("\(each) rows of \(name)", .other) }
            return ("\(each) \(name) in \(key)", .lookup(name))
        }
    }
}
