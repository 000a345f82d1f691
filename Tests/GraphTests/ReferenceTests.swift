import BSON
import DocumentStore
import Glibc
import Graph
import Ingest
import Retail
import Testing

/// A folder of the shared data; nil where it is missing.
func shared(_ folder: String) -> String? {
    let root = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared"
    let path = "\(root)/\(folder)"
    return access(path, R_OK) == 0 ? path : nil
}
