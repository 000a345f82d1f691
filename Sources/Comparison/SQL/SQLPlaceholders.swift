/// A statement whose parameters are written as `?` or `:name`, as a server takes it.
struct SQLPlaceholders {
    /// The statement with the server's own placeholders.
    private(set) var text = ""
    /// The parameters in the order in which values are given, each name once; empty for a `?`.
    private(set) var names: [String] = []
    /// Which parameter each placeholder of `text` stands for.
    private(set) var occurrences: [Int] = []

    /// - Parameter numbered: whether placeholders are `$1`, `$2`, …, one a parameter; otherwise each is a `?`.
    init(_ statement: String, numbered: Bool) {
        var output: [UInt8] = []
        let source = Array(statement.utf8)
        var index = 0
        func at(_ place: Int) -> UInt8 { place < source.count ? source[place] : 0 }
        /// Copies what begins here and ends before a place.
        func copy(to end: Int) {
            output += source[index..<min(end, source.count)]
            index = min(end, source.count)
        }
        func end(after start: Int, _ isEnd: (Int) -> Bool) -> Int {
            ((start..<max(start, source.count)).first(where: isEnd) ?? source.count) + 1
        }
        while index < source.count {
            let byte = source[index]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                // A doubled quote within ends one text and begins another, which comes to the same here.
                copy(to: end(after: index + 1) { source[$0] == byte })
            case UInt8(ascii: "-") where at(index + 1) == byte:
                copy(to: end(after: index) { source[$0] == UInt8(ascii: "\n") })
            case UInt8(ascii: "/") where at(index + 1) == UInt8(ascii: "*"):
                copy(to: end(after: index + 3) { source[$0] == UInt8(ascii: "/") && at($0 - 1) == UInt8(ascii: "*") })
            case UInt8(ascii: ":") where at(index + 1) == byte:
                output += [byte, byte]
                index += 2
            case UInt8(ascii: ":") where SQLPlaceholders.isLetter(at(index + 1)):
                let end = source[(index + 1)...].firstIndex { !SQLPlaceholders.isNameByte($0) } ?? source.count
                let name = String(decoding: source[(index + 1)..<end], as: UTF8.self)
                index = end
                let known = names.firstIndex(of: name)
                if known == nil { names.append(name) }
                let parameter = known ?? names.count - 1
                occurrences.append(parameter)
                output += Array((numbered ? "$\(parameter + 1)" : "?").utf8)
            case UInt8(ascii: "?"):
                names.append("")
                occurrences.append(names.count - 1)
                output += Array((numbered ? "$\(names.count)" : "?").utf8)
                index += 1
            default:
                output.append(byte)
                index += 1
            }
        }
        text = String(decoding: output, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        65...90 ~= byte || 97...122 ~= byte || byte == UInt8(ascii: "_")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isLetter(byte) || 48...57 ~= byte }
}
