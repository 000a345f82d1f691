import BSON
import DocumentStore
import Glibc
import TestSupport

/// The path of an embedded store of its own for one test; nothing is there yet.
func temporaryStorePath() -> String {
    let marker = TemporaryFile("", name: "marker").path
    return marker.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/test.store"
}

/// A folder of the package, for example `aggregations`.
func packageFolder(_ name: String) -> String {
    String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")) + "/" + name
}
