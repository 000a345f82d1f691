import BSON

/// One command of the engine: its names, the fields it knows, and what it does.
///
/// Each command has a file of its own in `Commands/`. To add one, write its file and add it to the list here.
struct EngineCommand: Sendable {
    let names: [String]
    let fields: Set<String>
    let run: @Sendable (_ command: Command, _ engine: Engine) throws -> Document

    init(
        _ names: String..., fields: Set<String> = [],
        run: @escaping @Sendable (_ command: Command, _ engine: Engine) throws -> Document
    ) {
        self.names = names
        self.fields = fields
        self.run = run
    }

    static let all: [EngineCommand] = [
        .aggregate, .buildInfo, .collMod, .collStats, .collectionStates, .connectionStatus, .count, .create,
        .createIndexes, .dbStats,
        .delete,
        .distinct, .drop, .dropDatabase, .dropIndexes, .endSessions, .explain, .find, .findAndModify, .getMore, .hello,
        .insert,
        .killCursors, .killSessions, .listCollections, .listDatabases, .listIndexes, .ping, .serverStatus, .update,
    ]

    static let byName: [String: EngineCommand] = Dictionary(
        uniqueKeysWithValues: all.flatMap { command in command.names.map { ($0, command) } })
}
