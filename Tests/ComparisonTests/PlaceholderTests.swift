import BSON
import Testing

@testable import Comparison

/// Statements as servers take them, and addresses as people write them.
@Suite struct PlaceholderTests {
    @Test func namesBecomeNumbersOrQuestionMarks() {
        let text = "SELECT :a, ':b', \"c:d\", x::text, 'it''s :e' -- :f\n/* :g '? */ FROM t WHERE y = :a AND z > :h_1"
        let numbered = SQLPlaceholders(text, numbered: true)
        #expect(
            numbered.text
                == "SELECT $1, ':b', \"c:d\", x::text, 'it''s :e' -- :f\n/* :g '? */ FROM t WHERE y = $1 AND z > $2")
        #expect(numbered.names == ["a", "h_1"])
        let marks = SQLPlaceholders(text, numbered: false)
        #expect(marks.text.hasPrefix("SELECT ?, ':b'") && marks.text.hasSuffix("y = ? AND z > ?"))
        #expect(marks.names == ["a", "h_1"] && marks.occurrences == [0, 0, 1])
        #expect(SQLPlaceholders("? ?", numbered: true).text == "$1 $2")
        #expect(SQLPlaceholders("'open :a", numbered: true).text == "'open :a")
        #expect(SQLPlaceholders("/*", numbered: true).text == "/*")
        #expect(SQLPlaceholders("", numbered: true).names.isEmpty)
    }

    @Test func addressesOfMariaDB() throws {
        let all = try MariaDBAddress("mariadb://a%40b:p:w@host:3307/shop")
        #expect(all.user == "a@b" && all.password == "p:w" && all.host == "host" && all.port == 3307)
        #expect(all.database == "shop")
        let socket = try MariaDBAddress("mysql://root@localhost?socket=%2Ftmp/s")
        #expect(socket.socket == "/tmp/s" && socket.database == nil && socket.password == nil)
        for wrong in ["host", "mariadb://h:0", "mariadb://h:x", "mariadb://h?x=1", "mariadb://h%4", "http://h"] {
            #expect(throws: AtelierError.self) { try MariaDBAddress(wrong) }
        }
    }

    @Test func addressesAreShownWithoutSecrets() {
        #expect(SQLText.withoutSecrets("postgresql://u:p@h:1/d?password=x") == "postgresql://u@h:1/d")
        #expect(SQLText.withoutSecrets("mariadb://h/d") == "mariadb://h/d")
    }

    @Test func copiesHaveADatabaseOfTheirOwn() throws {
        #expect(try DocumentCopy.address("mongodb://h:1,g/?w=1") == "mongodb://h:1,g/atelier_comparison?w=1")
        #expect(try DocumentCopy.address("mongodb://h") == "mongodb://h/atelier_comparison")
        #expect(try DocumentCopy.address("mongodb://h/shop") == "mongodb://h/shop")
        #expect(throws: AtelierError.self) { try DocumentCopy.address("shop.store") }
    }
}
