import Glibc

/// What is said to people beside the results: on standard error, so that results stay clean.
enum Messages {
    static func say(_ text: String) {
        var text = text + "\n"
        text.withUTF8 { bytes in
            var start = 0
            while start < bytes.count {
                let count = write(STDERR_FILENO, bytes.baseAddress! + start, bytes.count - start)
                if count < 0 && errno != EINTR { return }
                start += max(0, count)
            }
        }
    }
}
