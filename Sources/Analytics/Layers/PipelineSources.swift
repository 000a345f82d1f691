import BSON

/// What a pipeline reads, and whether the same documents always give the same rows.
struct PipelineSources {
    /// The collections beside the one it starts from.
    private(set) var joined = Set<String>()
    /// Whether the time or chance takes part.
    private(set) var isVolatile = false

    init(_ stages: [Document]) {
        for stage in stages { visit(.document(stage)) }
    }

    private mutating func visit(_ value: BSONValue) {
        switch value {
        case .document(let document):
            for (key, value) in document.elements {
                switch (key, value) {
                case ("$lookup", .document(let join)), ("$graphLookup", .document(let join)):
                    if let name = join["from"]?.stringValue { joined.insert(name) }
                case ("$unionWith", .document(let union)):
                    if let name = union["coll"]?.stringValue { joined.insert(name) }
                case ("$unionWith", .string(let name)): joined.insert(name)
                case ("$sample", _), ("$rand", _), ("$sampleRate", _): isVolatile = true
                default: break
                }
                visit(value)
            }
        case .array(let array): for value in array.values { visit(value) }
        case .string(let text) where text.hasPrefix("$$NOW") || text.hasPrefix("$$CLUSTER_TIME"): isVolatile = true
        default: break
        }
    }
}
