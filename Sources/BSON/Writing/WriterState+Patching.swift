// For the Extended JSON parser, which learns a value's type after its name.

extension WriterState {
    /// Starts an element whose type is not known yet; returns where `setType` puts it.
    @inline(__always)
    mutating func putUntypedHeader(_ key: UnsafeRawBufferPointer) -> Int {
        let slot = count
        putHeader(0, key, payload: 16)
        return slot
    }

    /// Starts the next element of the open array, its type not known yet; returns where `setType` puts it.
    @inline(__always)
    mutating func putUntypedIndexHeader() -> Int {
        let slot = count
        putIndexHeader(0, payload: 16)
        return slot
    }

    @inline(__always)
    func setType(_ type: BSONType, at slot: Int) {
        buffer.storeBytes(of: type.rawValue, toByteOffset: slot, as: UInt8.self)
    }

    /// Writes the payload of the element begun last.
    @inline(__always)
    mutating func put(payload value: ValueView, typeAt slot: Int) {
        setType(value.type, at: slot)
        reserve(WriterState.payloadBound(value))
        putPayload(value)
    }

    /// The closed nested document that starts here. Its bytes live until the next change.
    func closedDocument(at start: Int) -> DocumentView { DocumentView(unchecked: UnsafeRawPointer(buffer) + start) }

    /// Puts a value where the last element's payload was. The value's bytes must not lie in this buffer.
    mutating func replacePayload(from start: Int, typeAt slot: Int, with value: ValueView) {
        count = start
        put(payload: value, typeAt: slot)
    }
}
