import BSON
import Glibc
import Synchronization

/// The system's time zones by name, read once each (Debian package tzdata).
enum ZoneDatabase {
    private static let directory = "/usr/share/zoneinfo"
    private static let known = Mutex<[String: TimeZone]>([:])

    /// The zone with an Olson name such as `Europe/London`, or a distance from UTC such as `+05:30`, `-0330`, `+02`.
    ///
    /// - Throws: `40485` for a name that is neither.
    static func zone(_ name: String) throws -> TimeZone {
        if let zone = known.withLock({ $0[name] }) { return zone }
        guard let zone = offset(name).map(TimeZone.init(offset:)) ?? named(name) else {
            throw AtelierError(
                40485, "unrecognized time zone identifier: \"\(name)\"",
                advice: "Give an Olson name such as \"Europe/London\" or a UTC offset such as \"+05:30\".")
        }
        known.withLock { known in
            // Offsets in many spellings must not fill the memory.
            if known.count < 4096 { known[name] = zone }
        }
        return zone
    }

    /// Seconds east of UTC of `±hh`, `±hhmm` or `±hh:mm`.
    private static func offset(_ name: String) -> Int? {
        let bytes = Array(name.utf8)
        guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        var digits = Array(bytes.dropFirst())
        if digits.count == 5 && digits[2] == UInt8(ascii: ":") { digits.remove(at: 2) }
        guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let numbers = digits.map { Int($0) - 48 }
        let minutes = (numbers[0] * 10 + numbers[1]) * 60 + (numbers.count == 4 ? numbers[2] * 10 + numbers[3] : 0)
        return (sign == UInt8(ascii: "-") ? -1 : 1) * minutes * 60
    }

    private static func named(_ name: String) -> TimeZone? {
        if ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z"].contains(name) { return .utc }
        // Only names that stay inside the directory, and none of its copies with other leap-second rules.
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let letters = name.utf8.allSatisfy {
            (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || "+-_/".utf8.contains($0)
        }
        guard letters, !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty }), parts[0] != "right", parts[0] != "posix",
            name != "localtime", name != "posixrules", name != "Factory", let bytes = read("\(directory)/\(name)")
        else { return nil }
        return TimeZone(file: bytes)
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rbe") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}

extension TimeZone {
    /// Reads a TZif file, version 2 or later; nil where it is none. Source: RFC 8536.
    convenience init?(file bytes: [UInt8]) {
        guard let first = ZoneFileHeader(bytes, at: 0, timeSize: 4), first.version >= 2,
            let header = ZoneFileHeader(bytes, at: first.end, timeSize: 8)
        else { return nil }
        func number(_ offset: Int, _ size: Int) -> Int {
            let unsigned = bytes[offset..<offset + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return size == 8 ? Int(Int64(bitPattern: unsigned)) : Int(Int32(truncatingIfNeeded: unsigned))
        }
        let offsets = (0..<header.types).map { number(header.typesAt + $0 * 6, 4) }
        guard let standard = offsets.first else { return nil }
        var periods = [Period(start: Int.min, offset: standard)]
        for i in 0..<header.times {
            let type = Int(bytes[header.indexesAt + i])
            guard type < offsets.count else { return nil }
            periods.append(Period(start: number(header.timesAt + i * 8, 8), offset: offsets[type]))
        }
        let footer = bytes[min(bytes.count, header.end + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        self.init(periods: periods, rule: footer.isEmpty ? nil : DaylightRule(footer))
    }
}

/// Where the parts of one of a TZif file's blocks lie.
private struct ZoneFileHeader {
    let version: Int
    let times: Int
    let types: Int
    let timesAt: Int
    let indexesAt: Int
    let typesAt: Int
    /// The first byte after the block.
    let end: Int

    init?(_ bytes: [UInt8], at start: Int, timeSize: Int) {
        guard start + 44 <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
        func count(_ index: Int) -> Int {
            let offset = start + 20 + index * 4
            return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        version = bytes[start + 4] == 0 ? 1 : Int(bytes[start + 4]) - 48
        let (utc, standard, leaps) = (count(0), count(1), count(2))
        (times, types) = (count(3), count(4))
        let names = count(5)
        timesAt = start + 44
        indexesAt = timesAt + times * timeSize
        typesAt = indexesAt + times
        end = typesAt + types * 6 + names + leaps * (timeSize + 4) + standard + utc
        guard end <= bytes.count else { return nil }
    }
}
