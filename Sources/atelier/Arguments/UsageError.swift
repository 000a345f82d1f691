import BSON

/// A command line that cannot be what was meant: exit status 2.
struct UsageError: Error {
    let message: String
    /// What to do instead; the command's help is pointed to where there is none.
    let advice: String?
    /// The parameter that the message begins with, where it comes from one.
    private(set) var location: String?
    /// The command it is about, where the program does not run it yet.
    var command: String?

    init(_ message: String, advice: String? = nil) {
        self.message = message
        self.advice = advice
    }
}

extension UsageError {
    init(_ error: AtelierError) {
        message = error.location.map { "\($0): \(error.message)" } ?? error.message
        advice = error.advice
        location = error.location
    }

    /// Does work whose errors are the caller's: a name that is not there, a value that does not fit.
    static func rethrowing<R>(_ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as AtelierError where error.code != .fileOpenFailed {
            throw UsageError(error)
        }
    }

    /// Does work of which only these errors are the caller's.
    static func rethrowing<R>(_ codes: [ErrorCode], _ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as AtelierError where codes.contains(error.code) {
            throw UsageError(error)
        }
    }
}

/// The store cannot be opened or reached: exit status 3.
struct StoreUnavailable: Error {
    let location: String
    let cause: AtelierError

    /// Where, without the name and password that an address may hold.
    var place: String { cause.location ?? StoreUnavailable.place(location) }

    /// A location without the name and password that an address may hold.
    static func place(_ location: String) -> String {
        guard let scheme = location.firstRange(of: "://"), let at = location[scheme.upperBound...].lastIndex(of: "@")
        else {
            return location
        }
        return location[..<scheme.upperBound] + "…" + location[at...]
    }
}

/// Nobody reads the output any more; there is nothing left to do, and nothing wrong.
struct OutputClosed: Error {}
