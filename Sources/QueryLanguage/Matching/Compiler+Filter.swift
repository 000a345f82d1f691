import BSON

extension Compiler {
    /// Compiles a query document over the current row.
    ///
    /// - Throws: `BadValue`, `FailedToParse` and their like for a malformed filter, as MongoDB does.
    public func filter(_ spec: DocumentView) throws -> Predicate {
        try predicate(FilterParser(arena: arena).filter(spec), over: .row)
    }

    /// Compiles a query document over the document that a slot holds.
    func filter(_ spec: DocumentView, over slot: Slot) throws -> Predicate {
        try predicate(FilterParser(arena: arena).filter(spec, nested: true), over: .slot(slot))
    }

    /// Compiles conditions on one value: operators (`{$gte: 3}`), a regular expression, or a value to be equal to.
    func valueTest(_ spec: ValueView) throws -> ValueTest {
        try test(FilterParser(arena: arena).value(spec))
    }

    /// What a filter's top-level names are fields of.
    enum FilterSource {
        case row
        case slot(Slot)
    }

    private func field(_ name: String, of source: FilterSource) -> Slot {
        switch source {
        case .row: field(name)
        case .slot(let slot): slot.field(name, in: self)
        }
    }

    // MARK: Filters

    func predicate(_ node: FilterNode, over source: FilterSource) throws -> Predicate {
        switch node {
        case .all(let nodes):
            let parts = try nodes.map { try predicate($0, over: source) }
            return parts.isEmpty ? ConstantPredicate(true) : conjunction(parts)
        case .any(let nodes):
            let parts = try nodes.map { try predicate($0, over: source) }
            return parts.count == 1 ? parts[0] : Disjunction(parts)
        case .none(let nodes):
            return conjunction(try nodes.map { Negation(try predicate($0, over: source)) })
        case .field(let field):
            let components = MatchPath.components(field.path)
            let slot = self.field(components[0], of: source)
            let rest = components.count > 1 ? MatchPath(Array(components.dropFirst())) : nil
            return try predicate(field.condition, slot, rest)
        case .expression(let expression):
            return ExpressionPredicate(try self.expression(expression))
        case .schema(let schema):
            switch source {
            case .row: return SchemaPredicate(rowDocument(), schema)
            case .slot(let slot): return SchemaPredicate(SlotRead(slot), schema)
            }
        case .constant(let answer): return ConstantPredicate(answer)
        case .sample(let rate): return Sample(rate: rate)
        }
    }

    private func conjunction(_ parts: [Predicate]) -> Predicate {
        if parts.count == 1 { return parts[0] }
        return Conjunction(parts.flatMap { ($0 as? Conjunction)?.parts.elements ?? [$0] })
    }

    private func predicate(_ condition: FilterNode.Condition, _ slot: Slot, _ rest: MatchPath?) throws -> Predicate {
        switch condition {
        case .all(let conditions): return conjunction(try conditions.map { try predicate($0, slot, rest) })
        case .not(let condition): return Negation(try predicate(condition, slot, rest))
        case .constant(let answer): return ConstantPredicate(answer)
        default: break
        }
        let test = try test(condition)
        guard let rest else { return fieldPredicate(slot, test) }
        let walk = PathPredicate(slot, rest, test)
        guard let name = rest.onlyComponent else { return walk }
        return EmbeddedFieldPredicate(slot, fieldPredicate(slot.field(name, in: self), test), otherwise: walk)
    }

    private func fieldPredicate(_ slot: Slot, _ test: ValueTest) -> Predicate {
        if let integer = test as? IntegerTest { return IntegerFieldPredicate(slot, integer) }
        if let text = test as? TextEqualityTest { return TextFieldPredicate(slot, text) }
        if let elements = test as? ElementFilterTest { return ElementPredicate(slot, elements, self) }
        return FieldPredicate(slot, test)
    }

    // MARK: Conditions on one value

    func test(_ condition: FilterNode.Condition) throws -> ValueTest {
        switch condition {
        case .compare(let comparison, let constant):
            if constant.type == .int32 || constant.type == .int64 { return IntegerTest(comparison, constant) }
            if constant.type == .string && comparison == .equal { return TextEqualityTest(constant) }
            return ComparisonTest(comparison, constant)
        case .member(let values, let regexes):
            if regexes.isEmpty && values.count == 1 { return try test(.compare(.equal, values[0])) }
            return MembershipTest(ConstantSet(values), regexes)
        case .regex(let regex): return RegexTest(regex)
        case .exists: return ExistsTest()
        case .type(let types): return TypeTest(types)
        case .mod(let divisor, let remainder): return ModTest(divisor: divisor, remainder: remainder)
        case .size(let size): return SizeTest(size)
        case .bits(let set, let all, let mask): return BitTest(set: set, all: all, mask: mask)
        case .element(let condition): return ElementTest(try test(condition))
        case .elementFilter(let filter):
            let slot = newSlot()
            return ElementFilterTest(slot: slot, filter: try predicate(filter, over: .slot(slot)))
        case .not(let condition): return NotTest(try test(condition))
        case .all(let conditions):
            return conditions.count == 1 ? try test(conditions[0]) : AllTests(try conditions.map { try test($0) })
        case .constant(let answer): return ConstantTest(answer)
        }
    }
}
