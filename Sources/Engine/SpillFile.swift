import BSON
import Glibc
import Synchronization

/// A temporary file that one command's blocking stages spill to: memory that the system can write out and take away.
///
/// It is made when first needed, beside the store, without a name: it is gone with the process, however that ends. Its
/// blocks are reserved as it grows, so that a full disk is an error here and not a fault later on.
final class SpillFile: ArenaOverflow {
    let threshold: Int
    private let directory: String
    private let isAllowed: Bool
    private let state = Mutex(State())

    private struct State {
        var descriptor: Int32 = -1
        var length = 0
    }

    /// - Parameters:
    ///   - directory: where the file is; the system's folder for large temporary files where that cannot be written.
    ///   - isAllowed: the command's `allowDiskUse`.
    init(directory: String, isAllowed: Bool, threshold: Int) {
        self.directory = directory
        self.isAllowed = isAllowed
        self.threshold = threshold
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    func allocate(_ byteCount: Int) -> Result<UnsafeMutableRawPointer, AtelierError> {
        guard isAllowed else {
            return .failure(
                AtelierError(
                    .queryExceededMemory, "a stage holds more than \(threshold) bytes and may not use the disk",
                    advice: "Pass allowDiskUse: true, or narrow the query."))
        }
        return state.withLock { state in
            do throws(AtelierError) {
                if state.descriptor < 0 { state.descriptor = try open() }
                let size = (byteCount + 0xFFF) & ~0xFFF
                let code = posix_fallocate(state.descriptor, off_t(state.length), off_t(size))
                if code != 0 { throw failure(code) }
                let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, state.descriptor, off_t(state.length))
                guard let base, base != MAP_FAILED else { throw failure(errno) }
                state.length += size
                return .success(base)
            } catch {
                return .failure(error)
            }
        }
    }

    func deallocate(_ base: UnsafeMutableRawPointer, _ byteCount: Int) { munmap(base, (byteCount + 0xFFF) & ~0xFFF) }

    private func open() throws(AtelierError) -> Int32 {
        for place in [directory, "/var/tmp", "/tmp"] {
            var template = Array("\(place)/atelier-spill-XXXXXX".utf8CString)
            let descriptor = mkstemp(&template)
            if descriptor >= 0 {
                unlink(template)
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                return descriptor
            }
        }
        throw failure(errno)
    }

    private func failure(_ code: Int32) -> AtelierError {
        AtelierError(
            code == ENOSPC || code == EFBIG || code == EDQUOT ? .outOfDiskSpace : .internalError,
            "cannot spill to a temporary file: \(String(cString: strerror(code)))", at: directory,
            advice: "Make room on the disk, or narrow the query.")
    }
}
