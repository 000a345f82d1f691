import BSON

/// Cuts a socket's byte stream into messages.
///
/// The buffer grows with the bytes that have come, never with what a header claims, and shrinks again after a large
/// message. Not thread-safe: it belongs to its connection's thread.
final class MessageReader {
    private static let ordinaryCapacity = 64 * 1024

    private let socket: Socket
    private let limit: Int
    private var buffer: UnsafeMutableRawBufferPointer
    /// The bytes that have come and are not consumed: `buffer[start..<end]`.
    private var start = 0
    private var end = 0

    /// - Parameter limit: the largest message, header included, in bytes.
    init(_ socket: Socket, limit: Int) {
        self.socket = socket
        self.limit = limit
        buffer = .allocate(byteCount: Self.ordinaryCapacity, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// Waits for the next message and shows it, header included; the bytes live until the next call.
    /// - Returns: nil when the peer ended the stream between two messages.
    /// - Throws: `AtelierError` for an impossible length, or an end inside a message.
    func next() throws -> UnsafeRawBufferPointer? {
        makeRoom()
        guard try fill(MessageHeader.size) else {
            if end > start { throw AtelierError(.protocolError, "connection ended inside a message header") }
            return nil
        }
        let length = Int(MessageHeader(UnsafeRawBufferPointer(rebasing: buffer[start..<end])).messageLength)
        guard length >= MessageHeader.size, length <= limit else {
            throw AtelierError(
                .protocolError,
                "a message says it is \(length) bytes long; \(MessageHeader.size) to \(limit) are allowed")
        }
        guard try fill(length) else {
            throw AtelierError(.protocolError, "connection ended after \(end - start) of a message's \(length) bytes")
        }
        defer { start += length }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
    }

    /// Moves what is left over to the front, and gives memory back.
    private func makeRoom() {
        let kept = end - start
        if buffer.count > 16 * Self.ordinaryCapacity && kept <= Self.ordinaryCapacity {
            resize(to: Self.ordinaryCapacity)
        } else if start > 0 {
            if kept > 0 { buffer.baseAddress!.copyMemory(from: buffer.baseAddress! + start, byteCount: kept) }
            (start, end) = (0, kept)
        }
    }

    /// Receives until this many unconsumed bytes are there; false when the stream ends before.
    private func fill(_ count: Int) throws -> Bool {
        while end - start < count {
            if end == buffer.count { resize(to: min(2 * buffer.count, max(limit, Self.ordinaryCapacity))) }
            let received = try socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            if received == 0 { return false }
            end += received
        }
        return true
    }

    private func resize(to capacity: Int) {
        let moved = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        moved.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        buffer.deallocate()
        buffer = moved
        (start, end) = (0, end - start)
    }
}
