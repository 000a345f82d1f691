import Glibc

/// What is said to people beside the results: on standard error, so that results stay clean.
enum Messages {
    /// Names and files from outside may hold control characters, which a terminal would obey: they are made visible.
    static func say(_ text: String) {
        var text = String(
            String.UnicodeScalarView((text + "\n").unicodeScalars.map { isObeyed($0) ? "\u{FFFD}" : $0 }))
        text.withUTF8 { bytes in
            var start = 0
            while start < bytes.count {
                let count = write(STDERR_FILENO, bytes.baseAddress! + start, bytes.count - start)
                if count < 0 && errno != EINTR { return }
                start += max(0, count)
            }
        }
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
}
