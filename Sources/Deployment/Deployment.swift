import BSON

/// The seam of the program: a command document in, a reply document out.
///
/// Two implementations: `Engine` (embedded, in process) and `MongoDriver` (a MongoDB deployment, through libmongoc).
/// Everything above is written against this protocol and tested on both.
public protocol Deployment: AnyObject, Sendable {
    /// Runs one command and returns its reply (`ok: 1`, with `writeErrors` where single writes failed).
    ///
    /// Thread-safe and synchronous; the calling thread does the work or waits for the server.
    /// - Parameters:
    ///   - command: as MongoDB documents it; the first key names the command. `lsid`, `txnNumber` and the like are
    ///     passed on as they are.
    ///   - database: the database it is for.
    /// - Throws: `AtelierError` with the server's code and codeName where the reply says `ok: 0`.
    func run(_ command: Document, in database: String) throws -> Document

    /// Releases what the deployment holds: open cursors, files, connections. Idempotent; later commands fail.
    func close()
}
