/// The 16 bytes every message starts with: four little-endian 32-bit integers.
///
/// Source: MongoDB manual, "MongoDB Wire Protocol".
struct MessageHeader: Equatable {
    static let size = 16

    /// Of the whole message, this header included.
    var messageLength: Int32
    var requestID: Int32
    /// The `requestID` of the message this one answers; 0 in requests.
    var responseTo: Int32
    var opCode: Int32

    init(messageLength: Int32, requestID: Int32, responseTo: Int32, opCode: OpCode) {
        self.messageLength = messageLength
        self.requestID = requestID
        self.responseTo = responseTo
        self.opCode = opCode.rawValue
    }

    /// - Parameter bytes: at least 16.
    init(_ bytes: UnsafeRawBufferPointer) {
        func field(_ offset: Int) -> Int32 {
            Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        }
        messageLength = field(0)
        requestID = field(4)
        responseTo = field(8)
        opCode = field(12)
    }

    func write(to bytes: inout [UInt8]) {
        for field in [messageLength, requestID, responseTo, opCode] { bytes.append(littleEndian: field) }
    }
}

/// What a message's body is. The opcodes that MongoDB 6 removed are refused.
enum OpCode: Int32 {
    /// Answers the one OP_QUERY that is still in use.
    case reply = 1
    /// Only for a driver's first `hello`/`isMaster`.
    case query = 2004
    case compressed = 2012
    case message = 2013
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
