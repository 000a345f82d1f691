import Analytics

/// Numbers of a comparison as people read them.
enum Readable {
    /// Three digits that count: `0.336`, `27.5`, `1,250`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = value.magnitude
        if size == 0 { return "0" }
        let places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4
        return fixed(value, places: places)
    }

    static func milliseconds(_ value: Double?) -> String { value.map(number) ?? "–" }

    /// `4.2 times`, of the first to the second.
    static func factor(_ value: Double) -> String { "\(number(value)) times" }

    static func count(_ value: Int) -> String { CellText.grouped(String(value)) }

    /// `7.5 MB`, of a million bytes each.
    static func bytes(_ value: Int64) -> String {
        let size = Double(value)
        for (unit, name) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where size >= unit {
            return "\(number(size / unit)) \(name)"
        }
        return "\(value) bytes"
    }

    /// With so many digits behind the point.
    static func fixed(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e15 else { return value.description }
        let whole = Int64(scaled / scale)
        let rest = Int64(scaled) - whole * Int64(scale)
        let digits = String(rest)
        let sign = value < 0 ? "−" : ""
        let text = sign + CellText.grouped(String(whole))
        return places == 0 ? text : "\(text).\(String(repeating: "0", count: places - digits.count))\(digits)"
    }
}
