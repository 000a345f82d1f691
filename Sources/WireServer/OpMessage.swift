import BSON

/// OP_MSG: flags, one body document, any number of document sequences, and a checksum where a flag says so.
///
/// Source: MongoDB manual, "MongoDB Wire Protocol", OP_MSG.
enum OpMessage {
    /// The lower sixteen bits must be understood by the receiver, the upper sixteen may be ignored.
    struct Flags: OptionSet {
        let rawValue: UInt32
        static let checksumPresent = Flags(rawValue: 1 << 0)
        static let moreToCome = Flags(rawValue: 1 << 1)
        static let exhaustAllowed = Flags(rawValue: 1 << 16)
        static let required = Flags(rawValue: 0xFFFF)
        static let known: Flags = [.checksumPresent, .moreToCome]
    }

    /// The largest command body, sequences apart: a document of the largest size and room for the command around it.
    static let maximumBodyBytes = 16 * 1024 * 1024 + 16 * 1024

    /// Reads a whole message, header included.
    /// - Throws: `AtelierError` (ProtocolError or InvalidBSON) for bytes that are no OP_MSG; the connection is lost then.
    static func decode(_ message: UnsafeRawBufferPointer) throws -> Request {
        let header = MessageHeader(message)
        var reader = ByteReader(message, from: MessageHeader.size)
        let flags = Flags(rawValue: try reader.uint32())
        let unknown = flags.intersection(.required).subtracting(.known)
        guard unknown.isEmpty else {
            throw AtelierError(.protocolError, "OP_MSG sets flag bits that are not defined: \(unknown.rawValue)")
        }
        if flags.contains(.checksumPresent) {
            reader = try verifyingChecksum(of: message, from: reader.position)
        }
        let sections = try Sections(&reader)
        let (command, database) = try sections.command(capacity: message.count)
        return Request(
            id: header.requestID, command: command, database: database, wantsReply: !flags.contains(.moreToCome),
            framing: .message)
    }

    /// A reply: no flags, one body.
    static func encode(_ reply: Document, requestID: Int32, responseTo: Int32) -> (head: [UInt8], body: [UInt8]) {
        var head: [UInt8] = []
        head.reserveCapacity(MessageHeader.size + 5)
        MessageHeader(
            messageLength: Int32(MessageHeader.size + 5 + reply.bytes.count), requestID: requestID,
            responseTo: responseTo, opCode: .message
        ).write(to: &head)
        head.append(littleEndian: UInt32(0))
        head.append(0)
        return (head, reply.bytes)
    }

    /// A reader of what lies between the flags and the checksum.
    private static func verifyingChecksum(of message: UnsafeRawBufferPointer, from start: Int) throws -> ByteReader {
        let end = message.count - 4
        guard end >= start else { throw AtelierError(.protocolError, "OP_MSG is too short for its checksum") }
        let covered = UnsafeRawBufferPointer(rebasing: message[..<end])
        let stated = UInt32(littleEndian: message.loadUnaligned(fromByteOffset: end, as: UInt32.self))
        guard CRC32C.checksum(covered) == stated else {
            throw AtelierError(.protocolError, "OP_MSG's checksum does not match its bytes")
        }
        return ByteReader(covered, from: start)
    }
}

extension OpMessage {
    /// The sections of one message, still where they lie in it.
    private struct Sections {
        private var body: DocumentView
        private var sequences: [(name: String, documents: [DocumentView])] = []

        init(_ reader: inout ByteReader) throws {
            var body: DocumentView?
            while reader.remaining > 0 {
                switch try reader.uint8() {
                case 0:
                    guard body == nil else { throw AtelierError(.protocolError, "OP_MSG has two body sections") }
                    body = try reader.document()
                case 1:
                    sequences.append(try Sections.sequence(&reader))
                case let kind:
                    throw AtelierError(.protocolError, "OP_MSG has a section of unknown kind \(kind)")
                }
            }
            guard let body else { throw AtelierError(.protocolError, "OP_MSG has no body section") }
            self.body = body
        }

        /// Kind 1: a size that counts itself, a name, and documents up to the end of the size.
        private static func sequence(_ reader: inout ByteReader) throws -> (String, [DocumentView]) {
            let size = Int(try reader.int32())
            var section = ByteReader(try reader.take(size - 4))
            let name = try section.cString()
            var documents: [DocumentView] = []
            while section.remaining > 0 { documents.append(try section.document()) }
            return (name, documents)
        }

        /// The command with its sequences as arrays, without `$db` and `$readPreference`, and the `$db` it named.
        func command(capacity: Int) throws -> (Document, database: String?) {
            guard body.length <= OpMessage.maximumBodyBytes else {
                throw AtelierError(.objectTooLarge, "the command is \(body.length) bytes long")
            }
            let writer = BSONWriter(capacity: capacity)
            var database: String?
            var cursor = body.elements()
            while cursor.next() {
                if cursor.keyEquals(OpMessage.databaseField) {
                    database = cursor.type == .string ? cursor.value.asString : nil
                } else if !cursor.keyEquals(OpMessage.readPreferenceField) {
                    writer.append(element: cursor.elementBytes)
                }
            }
            for (index, sequence) in sequences.enumerated() {
                guard body.find(sequence.name).isMissing,
                    !sequences[..<index].contains(where: { $0.name == sequence.name })
                else { throw AtelierError(.protocolError, "OP_MSG names a field twice, in its body and a sequence") }
                writer.beginArray(sequence.name)
                for document in sequence.documents { writer.appendElement(.document(document)) }
                writer.end()
            }
            return (writer.finishDocument(), database)
        }
    }

    /// Addressed to the server: which database the command is for.
    private static let databaseField = FieldName("$db")
    /// Addressed to a router or a driver; a single server has nothing to choose from.
    private static let readPreferenceField = FieldName("$readPreference")
}
