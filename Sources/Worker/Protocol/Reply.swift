import BSON

/// What a request is answered with, and the notifications the worker sends, as JSON text without the newline.
enum Reply {
    /// - Parameter mode: how the values in the result, or in the error's `data`, are written.
    static func json(_ id: RequestID, _ outcome: Result<Document, RPCError>, _ mode: ExtendedJSONMode) -> [UInt8] {
        var writer = ExtendedJSONWriter(mode)
        writer.bytes += "{\"jsonrpc\":\"2.0\",\"id\":".utf8
        writer.bytes += id.json
        switch outcome {
        case .success(let result):
            writer.bytes += ",\"result\":".utf8
            writer.append(result)
        case .failure(let error):
            writer.bytes += ",\"error\":{\"code\":\(error.code.rawValue),\"message\":".utf8
            writer.append(BSONValue.string(error.message))
            if let data = error.data {
                writer.bytes += ",\"data\":".utf8
                writer.append(data)
            }
            writer.bytes.append(UInt8(ascii: "}"))
        }
        writer.bytes.append(UInt8(ascii: "}"))
        return writer.bytes
    }

    static func notification(_ method: String, _ parameters: Document) -> [UInt8] {
        var writer = ExtendedJSONWriter(.relaxed)
        writer.bytes += "{\"jsonrpc\":\"2.0\",\"method\":".utf8
        writer.append(BSONValue.string(method))
        writer.bytes += ",\"params\":".utf8
        writer.append(parameters)
        writer.bytes.append(UInt8(ascii: "}"))
        return writer.bytes
    }
}
