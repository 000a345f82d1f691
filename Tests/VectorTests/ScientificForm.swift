import BSON
import Glibc

/// A double with 13 significant digits, as `%.12e` prints it.
func scientific(_ number: Double) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = withVaList([number]) { vsnprintf(&buffer, buffer.count, "%.12e", $0) }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Where the shared data lies: `ATELIER_TEST_DATA`, or `../shared` beside the package.
let sharedData: String = {
    if let path = getenv("ATELIER_TEST_DATA") { return String(cString: path) }
    return "../shared"
}()

/// The lines of a text file; nil where it cannot be read.
func lines(of path: String) -> [String]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var result: [String] = []
    while case let count = getline(&line, &capacity, file), count > 0 {
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains(where: { !$0.isWhitespace }) { result.append(text) }
    }
    return result
}
