import BSON

/// One entry of `arrayFilters`: which elements `$[identifier]` means.
final class ArrayFilter {
    let identifier: String
    private let slot: Slot
    private let predicate: Predicate

    /// - Throws: `FailedToParse` for an empty filter, `BadValue` for one with several identifiers or a bad one.
    init(_ spec: DocumentView, _ compiler: Compiler) throws {
        let node = try FilterParser(arena: compiler.arena).filter(spec, nested: true)
        var identifiers: Set<String> = []
        try ArrayFilter.collect(node, into: &identifiers)
        guard let identifier = identifiers.first else {
            throw AtelierError(
                .failedToParse, "Cannot use an expression without a top-level field name in arrayFilters")
        }
        if identifiers.count > 1 {
            let names = identifiers.sorted().joined(separator: "' and '")
            throw AtelierError(
                .failedToParse,
                "Error parsing array filter :: caused by :: Expected a single top-level field name, found '\(names)'")
        }
        guard let first = identifier.utf8.first, 97...122 ~= first,
            identifier.utf8.allSatisfy({ 97...122 ~= $0 || 65...90 ~= $0 || 48...57 ~= $0 })
        else {
            throw AtelierError(
                .badValue,
                "Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '\(identifier)'"
            )
        }
        self.identifier = identifier
        let wrapper = compiler.newSlot()
        slot = wrapper.field(identifier, in: compiler)
        predicate = try compiler.predicate(node, over: .slot(wrapper))
    }

    func matches(_ element: ValueView, _ scope: Scope) throws -> Bool {
        scope.assign(slot, element)
        return try predicate.matches(scope)
    }

    /// The first components of all paths in a filter.
    private static func collect(_ node: FilterNode, into identifiers: inout Set<String>) throws {
        switch node {
        case .all(let nodes), .any(let nodes), .none(let nodes):
            for node in nodes { try collect(node, into: &identifiers) }
        case .field(let field): identifiers.insert(MatchPath.components(field.path)[0])
        case .constant, .sample, .expression, .schema: break
        }
    }
}
