import BSON

/// How large and deep a value may grow while a pipeline computes it: an expression such as a `$reduce` that doubles its
/// value each time must end in an error, not in all of the memory.
enum ValueLimits {
    /// Four documents' worth: MongoDB's limit for what is in the making.
    static let bytes = 64 * 1024 * 1024
    /// MongoDB's limit for nested documents.
    static let depth = 200

    /// - Throws: `BSONObjectTooLarge` for more than 64 MiB.
    @inline(__always)
    static func check(bytes: Int) throws {
        if bytes > ValueLimits.bytes { throw tooLarge }
    }

    private static var tooLarge: AtelierError {
        AtelierError(
            .objectTooLarge, "an expression's value grew past 64 MiB",
            advice: "Compute with smaller arrays, or across documents with $unwind and $group.")
    }

    /// - Throws: `Overflow` for a value nested more than 200 levels.
    static func check(depthOf value: ValueView) throws {
        if isDeeper(value, than: depth) {
            throw AtelierError(.overflow, "an expression's value is nested more than \(depth) levels")
        }
    }

    private static func isDeeper(_ value: ValueView, than levels: Int) -> Bool {
        guard value.type == .document || value.type == .array else { return false }
        if levels == 0 { return true }
        var cursor = value.asDocument.elements()
        while cursor.next() {
            if (cursor.type == .document || cursor.type == .array) && isDeeper(cursor.value, than: levels - 1) {
                return true
            }
        }
        return false
    }
}
