import BSON

/// A side that is open for questions.
protocol Asked: AnyObject {
    /// The rows of the answer, with the columns of the question.
    func rows(of question: QuestionComparison.Question) throws -> [[BSONValue]]
    /// Asks, and keeps the answer no longer than it takes to be whole.
    func ask(_ question: QuestionComparison.Question) throws
    /// How the answer would be found, in the side's own words.
    func plan(of question: QuestionComparison.Question) throws -> [String]
    /// The length of the question, and how often it looks into another table or collection.
    func size(of question: QuestionComparison.Question) throws -> (bytes: Int, joins: Int)
    /// What the data take with their indexes.
    func bytesOnDisk(_ schema: RelationalSchema) throws -> Int64
    /// Version and settings, in words.
    func description() throws -> SideDescription
    /// The processes whose memory answers; none on another machine.
    func processes() throws -> [Int]
    func close()
}

/// Who answers, and how it is set up.
public struct SideDescription: Sendable {
    public let title: String
    public let version: String
    public let settings: [String]
}
