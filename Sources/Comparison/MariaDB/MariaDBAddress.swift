import BSON

/// Where a MariaDB server is: `mariadb://user:password@host:port/database?socket=/run/mysqld/mysqld.sock`.
struct MariaDBAddress: Equatable {
    var user: String?
    var password: String?
    var host: String?
    var port: UInt32 = 0
    var database: String?
    var socket: String?

    /// - Throws: `badValue` for what is no such address.
    init(_ text: String) throws {
        func wrong(_ what: String) -> AtelierError {
            AtelierError(
                .badValue, what, at: SQLText.withoutSecrets(text),
                advice: "Write mariadb://user:password@host:port/database, or mariadb://user@localhost?socket=PATH.")
        }
        guard let scheme = text.firstRange(of: "://"), ["mariadb", "mysql"].contains(text[..<scheme.lowerBound])
        else { throw wrong("the address does not begin with mariadb:// or mysql://") }
        let rest = text[scheme.upperBound...]
        let path = rest.prefix { $0 != "?" }
        let authority = path.prefix { $0 != "/" }
        var place = authority
        if let at = authority.lastIndex(of: "@") {
            let name = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try MariaDBAddress.decoded(name[0], wrong)
            if name.count > 1 { password = try MariaDBAddress.decoded(name[1], wrong) }
            place = authority[authority.index(after: at)...]
        }
        let parts = place.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first else { throw wrong("the address names no host") }
        host = name.isEmpty ? nil : try MariaDBAddress.decoded(name, wrong)
        if parts.count == 2 {
            guard let number = UInt16(parts[1]), number > 0 else { throw wrong("the address's port is no port") }
            port = UInt32(number)
        }
        let last = try MariaDBAddress.decoded(path.dropFirst(authority.count + 1), wrong)
        database = last.isEmpty ? nil : last
        for option in rest.dropFirst(path.count + 1).split(separator: "&") {
            guard option.hasPrefix("socket=") else {
                throw wrong("the address has the option \(option.prefix { $0 != "=" }), which is unknown")
            }
            socket = try MariaDBAddress.decoded(option.dropFirst("socket=".count), wrong)
        }
    }

    /// With `%41` read as `A`.
    private static func decoded(_ text: Substring, _ wrong: (String) -> AtelierError) throws -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { throw wrong("the address has a % that begins no byte") }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
