import BSON

extension Method {
    static let documentsNext = Method(
        "documents.next", "The next documents of a result that one reply did not hold.",
        parameters: [.required("cursor", .string, "The cursor an earlier reply named."), .batchSize],
        result: Batch.result
    ) { call in
        let name = call.parameters.string("cursor") ?? ""
        let open = try call.service.cursors.take(name)
        do {
            var isKept = false
            let result = try open.session.serving(call.cancellation) {
                try call.batch(of: open.cursor) {
                    isKept = true
                    return name
                }
            }
            if isKept { call.service.cursors.putBack(name, open) } else { call.service.cursors.close(name, open) }
            return result
        } catch {
            // Part of the batch may be gone, so that the rest is of no use.
            call.service.cursors.close(name, open)
            throw error
        }
    }

    static let documentsCloseCursor = Method(
        "documents.closeCursor", "Closes a cursor whose rest is not wanted.",
        parameters: [.required("cursor", .string, "The cursor an earlier reply named.")],
        result: .object([.required("closed", .boolean, "Whether it was open.")])
    ) { call in
        let name = call.parameters.string("cursor") ?? ""
        do {
            call.service.cursors.close(name, try call.service.cursors.take(name))
            return ["closed": true]
        } catch let error as AtelierError where error.code == .cursorNotFound {
            return ["closed": false]
        }
    }
}
