extension PlanInWords {
    /// The plan of a statement in words, from the lines in which the database gives it.
    ///
    /// What is not known here stays as the database said it.
    public init(_ lines: [String], in dialect: SQLDialect) {
        let steps =
            switch dialect {
            case .sqlite: PlanInWords.sqlite(lines)
            case .postgresql: PlanInWords.postgresql(lines)
            case .mariadb: PlanInWords.mariadb(lines)
            }
        self.init(steps, original: lines.joined(separator: "\n"))
    }

    // MARK: SQLite

    /// Source: sqlite.org, "EXPLAIN QUERY PLAN".
    private static func sqlite(_ lines: [String]) -> [Step] {
        let nodes = lines.map { line in
            let indentation = line.prefix { $0 == " " }.count
            return (depth: indentation / 2, text: String(line.dropFirst(indentation)))
        }
        // What the statement itself works out is no table.
        let inner = Set(
            nodes.compactMap { node in
                (node.text.after("MATERIALIZE ") ?? node.text.after("CO-ROUTINE ")).map { $0 }
            })
        var steps: [Step] = []
        for (index, node) in nodes.enumerated() {
            let before = nodes[..<index].reversed().prefix { $0.depth >= node.depth }
            let follows = before.contains {
                $0.depth == node.depth && ($0.text.hasPrefix("SCAN ") || $0.text.hasPrefix("SEARCH "))
            }
            guard let (text, kind) = sqlite(node.text, follows: follows, inner: inner) else { continue }
            steps.append(Step(depth: node.depth, text: text, kind: kind))
        }
        return steps
    }

    private static func sqlite(_ text: String, follows: Bool, inner: Set<String>) -> (String, Step.Kind)? {
        if text == "SCAN CONSTANT ROW" { return nil }
        if let rest = text.after("SCAN ") {
            let (name, using) = rest.parted(by: " USING ").map { ($0.before, Optional($0.after)) } ?? (rest, nil)
            let table = sqliteName(name)
            let again = follows ? ", for each row before" : ""
            if inner.contains(table) { return ("Goes through \(innerName(table))\(again)", .other) }
            let way =
                if let index = using?.after("COVERING INDEX ") {
                    ", from the index \(index) alone"
                } else if let index = using?.after("INDEX ") {
                    ", in the order of \(indexName(index))"
                } else {
                    ""
                }
            return ("Reads all rows of \(table)\(way)\(again)", .scan(table))
        }
        if let rest = text.after("SEARCH ") { return sqliteSearch(rest, follows: follows, inner: inner) }
        if let purpose = text.after("USE TEMP B-TREE FOR ") {
            if purpose == "GROUP BY" { return ("Groups through a temporary index", .group) }
            if purpose.hasSuffix("ORDER BY") {
                return (
                    "Sorts the rows\(purpose == "ORDER BY" ? "" : " by the columns they are not sorted by yet")", .sort
                )
            }
            return ("Leaves out repetitions through a temporary index", .other)
        }
        if let name = text.after("MATERIALIZE ") {
            return ("Works out \(innerName(name)) once and keeps it in memory:", .other)
        }
        if let name = text.after("CO-ROUTINE ") {
            return ("Works out \(innerName(name)) row by row:", .other)
        }
        if text.hasPrefix("CORRELATED ") { return ("For each row, asks an inner query:", .other) }
        if text.hasPrefix("SCALAR SUBQUERY") { return ("Asks an inner query once:", .other) }
        if text.hasPrefix("LIST SUBQUERY") { return ("Lists the values of an inner query:", .other) }
        if let rest = text.after("BLOOM FILTER ON ") {
            return ("Makes a filter that tells quickly which keys \(sqliteName(rest)) does not have", .other)
        }
        switch text {
        case "COMPOUND QUERY": return ("Puts the rows of queries one after the other:", .other)
        case "LEFT-MOST SUBQUERY": return ("First:", .other)
        case "UNION ALL": return ("Then:", .other)
        case "UNION USING TEMP B-TREE": return ("Then, without repetitions:", .other)
        case "SETUP": return ("Begins with:", .other)
        case "RECURSIVE STEP": return ("Repeats until nothing new comes:", .other)
        default: return (text, .other)
        }
    }

    private static func sqliteSearch(_ rest: String, follows: Bool, inner: Set<String>) -> (String, Step.Kind) {
        let each = follows ? "For each row before, looks up" : "Looks up"
        guard let (before, using) = rest.parted(by: " USING ") else {
            return ("Finds the least or greatest of \(sqliteName(rest))", .lookup(sqliteName(rest)))
        }
        let table = sqliteName(before)
        let name = inner.contains(table) ? innerName(table) : table
        let (index, condition) = using.parted(by: " (") ?? (using, "")
        let columns = condition.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter {
            $0 != "AND" && $0 != "LEFT" && $0 != "JOIN"
        }
        var by: [Substring] = []
        for column in columns where !by.contains(column) { by.append(column) }
        let columnsText = by.joined(separator: ", ")
        if index.hasPrefix("AUTOMATIC") {
            return (
                "Builds an index of \(name) by \(columnsText) for this question; \(each.lowercasedFirst) rows in it",
                .lookup(name)
            )
        }
        let place =
            index.after("COVERING INDEX ").map { "\(indexName($0)) alone" } ?? index.after("INDEX ").map(indexName)
        return (
            "\(each) \(name) by \(columnsText.isEmpty ? "its index" : columnsText)\(place.map { " in \($0)" } ?? "")",
            .lookup(name)
        )
    }

    private static func sqliteName(_ text: String) -> String { String(text.prefix { $0 != " " }) }

    private static func innerName(_ name: String) -> String {
        name.hasPrefix("(") ? "an inner query" : name
    }

    private static func indexName(_ name: String) -> String {
        name.hasPrefix("sqlite_autoindex_") ? "its key" : "the index \(name)"
    }
}

extension String {
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
