import Glibc
import Synchronization

extension Worker {
    /// From now on SIGTERM and SIGINT stop the worker as the end of its input does; the second of them ends the process at once.
    ///
    /// For a program that is a worker and nothing else, called from its main thread: there is one such worker in a process, the last to ask.
    public func stopOnSignals() {
        stoppedBySignals.store(stopSignal.raisingDescriptor, ordering: .releasing)
        var action = sigaction()
        action.sa_flags = Int32(truncatingIfNeeded: SA_RESETHAND) | Int32(SA_RESTART)
        action.__sigaction_handler.sa_handler = { _ in
            // Only what a signal handler may do: one atomic load and one write.
            let (descriptor, errorNumber) = (stoppedBySignals.load(ordering: .acquiring), errno)
            var byte: UInt8 = 1
            _ = write(descriptor, &byte, 1)
            errno = errorNumber
        }
        // A caller that starts the worker from a thread with blocked signals passes that on to it.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        for number in [SIGTERM, SIGINT] {
            sigaction(number, &action, nil)
            sigaddset(&unblocked, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
    }
}

extension Worker {
    /// No signal reaches this worker any more; to be called before its descriptors are gone.
    func forgetSignals() {
        _ = stoppedBySignals.compareExchange(expected: stopSignal.raisingDescriptor, desired: -1, ordering: .releasing)
    }
}

/// Where a signal is passed on to; -1 for nowhere.
private let stoppedBySignals = Atomic<Int32>(-1)
