/// A request's id: a string, a number or null, sent back byte for byte as it came.
///
/// Two ids are the same when they are spelled the same; `1` and `1.0` are two ids, `"1"` is a third.
struct RequestID: Hashable, Sendable {
    /// The id's JSON text.
    let json: [UInt8]

    static let null = RequestID(json: Array("null".utf8))

    /// The id at `range` of a line; nil where it is neither a string, a number nor null.
    init?(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "n"):
            json = Array(bytes[range])
        default: return nil
        }
    }

    private init(json: [UInt8]) { self.json = json }
}
