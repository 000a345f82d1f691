import Testing

@testable import Reports

@Suite struct MarkupTests {
    @Test func interpolatedTextIsEscapedAndMarkupIsNot() {
        let name = "<script>alert('x')</script> & \"more\""
        let cell: Markup = "<td title=\"\(name)\">\(name)</td>"
        let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"
        #expect(cell.html == "<td title=\"\(escaped)\">\(escaped)</td>")
        let row: Markup = "<tr>\([cell, cell])</tr>"
        #expect(row.html == "<tr>\(cell.html)\(cell.html)</tr>")
    }

    @Test func charactersThatHTMLForbidsAreReplaced() {
        let text = "a\u{0}b\u{1B}c\nd"
        let markup: Markup = "\(text)"
        #expect(markup.html == "a\u{FFFD}b\u{FFFD}c\nd")
    }
}
