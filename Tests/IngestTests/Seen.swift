import Ingest
import Synchronization

/// What a progress closure was told.
final class Seen: Sendable {
    private let state = Mutex<[LoadProgress]>([])
    var all: [LoadProgress] { state.withLock { $0 } }
    func append(_ progress: LoadProgress) { state.withLock { $0.append(progress) } }
}
