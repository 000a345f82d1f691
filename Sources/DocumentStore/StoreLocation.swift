import BSON
import Storage

/// Where a store is: a path of the embedded engine, or the address of a MongoDB deployment.
public enum StoreLocation: Equatable, Sendable {
    case path(String)
    /// The whole address, and the database it names.
    case mongodb(uri: String, database: String?)

    /// Reads `./shop.store`, `/var/lib/shop.store`, `mongodb://host/shop?tls=true` or `mongodb+srv://host/shop`.
    ///
    /// Source: MongoDB manual, "Connection Strings".
    /// - Throws: `badValue` for an empty text, another scheme, or an address without a host.
    public init(_ text: String) throws {
        guard let scheme = StoreLocation.scheme(of: text) else {
            guard !text.isEmpty else {
                throw AtelierError(
                    .badValue, "the store's location is empty",
                    advice: "Give a path such as ./atelier.store or an address such as mongodb://localhost/atelier.")
            }
            self = .path(text)
            return
        }
        guard scheme == "mongodb" || scheme == "mongodb+srv" else {
            throw AtelierError(
                .badValue, "the store's location has the scheme \(scheme)://, which is not one of a store",
                advice: "Use a path, mongodb:// or mongodb+srv://.")
        }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, authority.last != "@" else {
            throw AtelierError(
                .badValue, "the store's address names no host", advice: "Write mongodb://host:27017/database.")
        }
        var path = rest.dropFirst(authority.count)
        if path.first == "/" { path = path.dropFirst() }
        let name = percentDecoded(String(path.prefix { $0 != "?" }))
        self = .mongodb(uri: text, database: name.isEmpty ? nil : name)
    }

    /// Whether a store lies at the path: what may be replaced by nothing but a store's own writes.
    public static func isStoreFile(_ path: String) -> Bool { StoreFile.exists(at: path) }

    /// The letters before `://`, in lower case; nil where the text has none and is a path.
    private static func scheme(of text: String) -> String? {
        let head = text.prefix { $0 != ":" }
        guard text.dropFirst(head.count).hasPrefix("://"), !head.isEmpty,
            head.utf8.allSatisfy({
                48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 43 || $0 == 45 || $0 == 46
            })
        else { return nil }
        return head.lowercased()
    }
}

/// The text with `%41` read as `A`; bytes that are not such an escape stay as they are.
private func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var i = 0
    while i < source.count {
        if source[i] == UInt8(ascii: "%"), i + 2 < source.count,
            let value = UInt8(String(decoding: source[(i + 1)...(i + 2)], as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            i += 3
        } else {
            bytes.append(source[i])
            i += 1
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
