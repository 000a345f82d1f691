import BSON
import Glibc

/// The descriptor that replies go to, out of the way of whatever prints.
///
/// Where replies go to standard output, a copy of it is kept for them, and standard output itself leads to standard error
/// until `restore`: a library that prints cannot break the protocol.
struct ProtocolOutput {
    let descriptor: Int32
    /// What was set aside; nil where replies go elsewhere anyway.
    private let standardOutput: Int32?

    /// - Throws: `AtelierError` (OperationFailed) where the system has no file descriptor left.
    init(_ output: Int32, standardOutput: Int32 = STDOUT_FILENO, standardError: Int32 = STDERR_FILENO) throws {
        guard output == standardOutput else {
            descriptor = output
            self.standardOutput = nil
            return
        }
        fflush(nil)
        descriptor = fcntl(standardOutput, F_DUPFD_CLOEXEC, 3)
        self.standardOutput = standardOutput
        if descriptor < 0 || dup2(standardError, standardOutput) < 0 {
            throw AtelierError(
                .operationFailed, "cannot set standard output aside: \(String(cString: strerror(errno)))")
        }
    }

    func restore() {
        guard let standardOutput else { return }
        fflush(nil)
        dup2(descriptor, standardOutput)
        close(descriptor)
    }
}
