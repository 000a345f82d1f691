import BSON

extension RegexLiteral {
    /// The text that every matching string starts with, for patterns such as `/^abc/`; nil where nothing is known.
    ///
    /// Exact where the pattern says nothing more than the prefix.
    var prefix: (text: String, isExact: Bool)? {
        if options.contains(where: { "imx".contains($0) }) { return nil }
        var rest = Substring(pattern)
        if rest.hasPrefix("^") {
            rest = rest.dropFirst()
        } else if rest.hasPrefix("\\A") {
            rest = rest.dropFirst(2)
        } else {
            return nil
        }
        // An alternative may start otherwise.
        if rest.contains("|") { return nil }
        var text = ""
        while let character = rest.unicodeScalars.first {
            var literal = character
            var after = rest.dropFirst(0)
            after.unicodeScalars.removeFirst()
            if character == "\\" {
                guard let escaped = after.unicodeScalars.first, escaped.value < 128,
                    !escaped.properties.isAlphabetic, !("0"..."9").contains(escaped)
                else { return text.isEmpty ? nil : (text, false) }
                literal = escaped
                after.unicodeScalars.removeFirst()
            } else if "^$.[]()?*+{}".unicodeScalars.contains(character) {
                break
            }
            // A quantifier that allows none takes the character before it out of the prefix.
            if let next = after.unicodeScalars.first, next == "?" || next == "*" || next == "{" { break }
            text.unicodeScalars.append(literal)
            rest = after
            if rest.hasPrefix("+") { break }
        }
        // `.*` at the end says nothing more, as long as it passes newlines.
        let exact = rest.isEmpty || (rest == ".*" && options.contains("s"))
        return text.isEmpty ? nil : (text, exact)
    }

    /// Where in an index the strings lie that may match.
    var intervals: (ValueIntervals, isExact: Bool) {
        let own = ValueInterval.point(.regex(pattern: pattern, options: options))
        guard let (text, isExact) = prefix else {
            return (ValueIntervals([ValueIntervals.bracket(.string), own]), false)
        }
        var upper = Array(text.unicodeScalars)
        while let last = upper.popLast() {
            // The next scalar value; surrogates are none.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            if let scalar = Unicode.Scalar(next) {
                upper.append(scalar)
                break
            }
        }
        var successor = String.UnicodeScalarView()
        successor.append(contentsOf: upper)
        let bound: BSONValue = upper.isEmpty ? .document([:]) : .string(String(successor))
        return (ValueIntervals([ValueInterval(.string(text), true, bound, false), own]), isExact)
    }
}
