import Glibc

/// What tells a store's file from others.
public enum StoreFile {
    /// Whether a store lies at the path, which nothing but a store's own writes may touch. False where nothing can be read.
    public static func exists(at path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return version(descriptor) != nil
    }

    /// The version of LMDB's data format that the file has; nil for a file that has none.
    ///
    /// Page 0 begins with a 16-byte page header, then LMDB's magic number and version.
    static func version(_ descriptor: Int32) -> UInt32? {
        var header = [UInt8](repeating: 0, count: 24)
        guard pread(descriptor, &header, header.count, 0) == header.count else { return nil }
        return header.withUnsafeBytes {
            guard $0.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == 0xBEEF_C0DE else { return nil }
            return $0.loadUnaligned(fromByteOffset: 20, as: UInt32.self)
        }
    }
}
