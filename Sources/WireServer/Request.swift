import BSON

/// A command as it came off the wire, whatever message carried it.
struct Request {
    var id: Int32
    /// The command document without the fields that are addressed to the server rather than to the command.
    var command: Document
    /// `$db`; nil where the client forgot it.
    var database: String?
    /// False for OP_MSG with `moreToCome`: the client does not read an answer.
    var wantsReply: Bool
    /// How the reply must be framed.
    var framing: Framing
    /// The compressor the request came in; the reply goes out the same way.
    var compressor: Compressor?

    enum Framing {
        case message
        /// OP_QUERY, answered by OP_REPLY. Only the handshake is allowed to come this way.
        case legacyQuery
    }

    /// The command's name: the document's first key, empty where there is none.
    var name: String {
        command.withView { view in
            var cursor = view.elements()
            return cursor.next() ? cursor.keyString : ""
        }
    }
}
