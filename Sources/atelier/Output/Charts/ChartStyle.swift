import Glibc

/// What charts may be drawn with on a terminal or in a file.
struct ChartStyle: Equatable {
    /// Whether block and braille characters can be read there; ASCII otherwise.
    var isUnicode: Bool
    /// Whether colours are welcome.
    var isColoured: Bool

    /// The style for a descriptor: characters by the locale (`LC_ALL`, `LC_CTYPE`, `LANG`), colours on a terminal that is not
    /// `dumb`, where `NO_COLOR` (no-color.org) does not forbid them.
    static func standard(_ descriptor: Int32) -> ChartStyle {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment).first ?? ""
        let encoding = locale.lowercased().filter { $0 != "-" }
        let isColoured =
            Terminal.isTerminal(descriptor) && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
        return ChartStyle(isUnicode: encoding.contains("utf8"), isColoured: isColoured)
    }

    /// A variable's value; nil where it is not set or empty.
    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// The text in the colour of a series; as it is where there are no colours.
    func coloured(_ text: String, _ index: Int) -> String {
        guard isColoured, !text.isEmpty else { return text }
        let codes = [36, 33, 32, 35, 34, 31]
        return "\u{1B}[\(codes[index % codes.count])m\(text)\u{1B}[0m"
    }

    /// The text in at most so many columns, filled up with blanks behind or before it.
    func fitted(_ text: String, _ width: Int, toTheRight: Bool = false) -> String {
        var cut = DisplayWidth.cut(text, to: width)
        if !isUnicode, cut != text, cut.hasSuffix("…") { cut = cut.dropLast() + "~" }
        let blanks = String(repeating: " ", count: max(0, width - DisplayWidth.of(cut)))
        return toTheRight ? blanks + cut : cut + blanks
    }
}
