import BSON

/// OP_QUERY and OP_REPLY: what a driver's first handshake uses until it knows that the server speaks OP_MSG.
///
/// Source: MongoDB manual, "Legacy Opcodes". As in MongoDB since 6.0, nothing but `hello` and `isMaster` may come this way.
enum OpQuery {
    /// Reads a whole message, header included.
    /// - Throws: `AtelierError` (ProtocolError or InvalidBSON) for bytes that are no OP_QUERY.
    static func decode(_ message: UnsafeRawBufferPointer) throws -> Request {
        let header = MessageHeader(message)
        var reader = ByteReader(message, from: MessageHeader.size)
        _ = try reader.uint32()  // flags: about cursors and replicas, neither of which a handshake has
        let namespace = try reader.cString()
        _ = try reader.int32()  // numberToSkip
        _ = try reader.int32()  // numberToReturn
        let query = Document(copying: try reader.document())
        if reader.remaining > 0 { _ = try reader.document() }  // returnFieldsSelector
        guard reader.remaining == 0 else {
            throw AtelierError(.protocolError, "OP_QUERY has \(reader.remaining) bytes after its last document")
        }
        guard namespace.hasSuffix(".$cmd") else {
            throw AtelierError(.protocolError, "OP_QUERY is only spoken for the handshake, on a $cmd namespace")
        }
        return Request(
            id: header.requestID, command: query["$query"]?.documentValue ?? query,
            database: String(namespace.dropLast(".$cmd".count)), wantsReply: true, framing: .legacyQuery)
    }

    /// OP_REPLY with one document.
    static func encode(_ reply: Document, requestID: Int32, responseTo: Int32) -> (head: [UInt8], body: [UInt8]) {
        var head: [UInt8] = []
        head.reserveCapacity(MessageHeader.size + 20)
        MessageHeader(
            messageLength: Int32(MessageHeader.size + 20 + reply.bytes.count), requestID: requestID,
            responseTo: responseTo, opCode: .reply
        ).write(to: &head)
        head.append(littleEndian: Int32(8))  // responseFlags: AwaitCapable, set by every server since 1.6
        head.append(littleEndian: Int64(0))  // cursorID: none
        head.append(littleEndian: Int32(0))  // startingFrom
        head.append(littleEndian: Int32(1))  // numberReturned
        return (head, reply.bytes)
    }
}
