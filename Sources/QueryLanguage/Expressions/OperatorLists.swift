extension ExpressionOperator {
    /// The lists of all files of this folder. A new file's list is added here, a new operator to its file's list.
    static let all: [[ExpressionOperator]] = [
        arithmetic, rounding, powers, trigonometry, bitwise, boolean, comparison, conditional, literal, variables,
        arrayAccess, arrayBuilding, arrayIteration, arraySelection, sets, objects, accumulations,
        strings, stringSearch, trimming, regularExpressions, conversion, dataSize,
        dateFields, dateStrings, dateParts, dateArithmetic, timestamps, hashing, random, metadata, outOfScope,
    ]
}
