/// HTML that is put together safely: what is interpolated into it is escaped, unless it is markup itself.
///
/// ```swift
/// let row: Markup = "<td>\(customer.name)</td>"   // a name of `<script>` becomes text
/// ```
public struct Markup: Sendable, ExpressibleByStringInterpolation {
    public private(set) var html: String

    public init(stringLiteral value: String) { html = value }
    public init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }

    /// Markup that the program itself wrote, such as a style sheet.
    public init(trusted html: String) { self.html = html }

    public static func += (markup: inout Markup, more: Markup) { markup.html += more.html }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = ""

        public init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity * 2) }
        public mutating func appendLiteral(_ literal: String) { html += literal }
        public mutating func appendInterpolation(_ text: String) { html += Markup.escaped(text) }
        public mutating func appendInterpolation(_ number: Int) { html += String(number) }
        public mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
        public mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html } }
    }

    /// The text as content or within a quoted attribute; characters that HTML does not allow become U+FFFD.
    private static func escaped(_ text: String) -> String {
        let special: (UInt8) -> Bool = { $0 < 0x20 || $0 == 0x7F || "&<>\"'".utf8.contains($0) }
        guard text.utf8.contains(where: special) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
