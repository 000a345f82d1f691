// Gives way to the real filters.
import BSON
open class Predicate { public init() {}; public func matches(_ scope: Scope) throws -> Bool { true } }
extension Compiler { public func filter(_ spec: DocumentView) throws -> Predicate { Predicate() } }
