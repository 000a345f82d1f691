/// A drawing as an element of the page.
enum InlineSVG {
    /// What drawings are made of. Anything else, such as a script or a link, has no place in the page.
    private static let elements: Set<String> = ["svg", "g", "polygon", "polyline", "ellipse", "path", "text"]
    private static let attributes: Set<String> = [
        "width", "height", "viewBox", "xmlns", "id", "class", "transform", "fill", "stroke", "stroke-width",
        "stroke-dasharray", "stroke-opacity", "fill-opacity", "points", "cx", "cy", "rx", "ry", "d", "text-anchor", "x",
        "y", "font-family", "font-size", "font-weight", "font-style",
    ]

    /// The `svg` element of a file, without comments, titles (of names nobody knows) and namespaces; nil where it has
    /// something else than shapes and texts.
    static func element(of file: String) -> String? {
        var text = file[...]
        guard let start = position(of: "<svg", in: text) else { return nil }
        text = text[start...]
        var result = ""
        var open: [String] = []
        while let bracket = text.firstIndex(of: "<") {
            result += text[..<bracket]
            text = text[bracket...]
            if text.hasPrefix("<!--") {
                guard let end = position(of: "-->", in: text) else { return nil }
                text = text[text.index(end, offsetBy: 3)...]
            } else if text.hasPrefix("<title>") {
                guard let end = position(of: "</title>", in: text) else { return nil }
                text = text[text.index(end, offsetBy: 8)...]
            } else {
                guard let end = text.firstIndex(of: ">") else { return nil }
                let tag = text[text.index(after: bracket)..<end]
                text = text[text.index(after: end)...]
                if tag.hasPrefix("/") {
                    guard open.popLast() == String(tag.dropFirst()) else { return nil }
                    result += "<\(tag)>"
                    if open.isEmpty { return result }
                } else {
                    guard let kept = opening(tag) else { return nil }
                    result += "<\(kept.name)\(kept.attributes)\(kept.isEmpty ? "/" : "")>"
                    if !kept.isEmpty { open.append(kept.name) }
                }
            }
        }
        return nil
    }

    /// The parts of an opening tag; nil where one of them has no place here. Graphviz quotes every attribute, and writes
    /// `<`, `>`, `&` and quotes in them as entities.
    private static func opening(_ tag: Substring) -> (name: String, attributes: String, isEmpty: Bool)? {
        let isEmpty = tag.hasSuffix("/")
        var rest = isEmpty ? tag.dropLast() : tag
        let name = String(rest.prefix { $0 != " " && $0 != "\n" })
        guard elements.contains(name) else { return nil }
        rest = rest.dropFirst(name.count)
        var kept = ""
        while true {
            rest = rest.drop { $0 == " " || $0 == "\n" }
            if rest.isEmpty { return (name, kept, isEmpty) }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let attribute = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
            let value = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            if attribute.hasPrefix("xml") { continue }
            guard attributes.contains(attribute) else { return nil }
            kept += " \(attribute)=\"\(value)\""
        }
    }

    private static func position(of pattern: String, in text: Substring) -> Substring.Index? {
        let (bytes, wanted) = (text.utf8, Array(pattern.utf8))
        var place = bytes.startIndex
        while place < bytes.endIndex {
            if bytes[place...].starts(with: wanted) { return place }
            place = bytes.index(after: place)
        }
        return nil
    }
}
