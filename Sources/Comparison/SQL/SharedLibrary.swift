import BSON
import Glibc

/// A C library that is loaded when it is needed first: a program that never asks its database starts without it.
// Invariant: the handle is never closed, and dlsym may be called from any thread.
struct SharedLibrary: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    private let name: String

    /// - Parameter names: of the library's file, best first.
    /// - Throws: `commandNotSupported` where the system has none of them.
    init(_ names: [String], for title: String, package: String) throws {
        for name in names {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
            self.handle = handle
            self.name = name
            return
        }
        throw AtelierError(
            .commandNotSupported, "\(title) is asked through \(names[0]), which is not installed",
            advice: "Install Debian's package \(package).")
    }

    /// A function of the library.
    ///
    /// The type has to be the one that the library's header declares: nothing checks it.
    func function<F>(_ symbol: String, as type: F.Type = F.self) throws -> F {
        guard let address = dlsym(handle, symbol) else {
            throw AtelierError(.commandNotSupported, "the library has no function \(symbol)", at: name)
        }
        return unsafeBitCast(address, to: type)
    }
}
