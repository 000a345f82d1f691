import BSON
import TestSupport
import Testing

@testable import Worker

@Suite struct MethodTableTests {
    @Test("Names are unique, in a group, and every parameter and result is described")
    func declarations() {
        let methods = MethodTable.all
        #expect(Set(methods.map(\.name)).count == methods.count)
        for method in methods {
            #expect(method.name.split(separator: ".").count == 2, "\(method.name)")
            #expect(method.summary.hasSuffix("."), "\(method.name)")
            let names = (method.parameters + Method.commonParameters).map(\.name)
            #expect(Set(names).count == names.count, "\(method.name)")
            for property in method.parameters {
                #expect(property.schema.description?.isEmpty == false, "\(method.name).\(property.name)")
            }
        }
    }

    @Test("server.describe shows every method and both notifications")
    func describe() throws {
        let worker = try RunningWorker(FakeDeployment())
        let result = try #require(try worker.call("server.describe")["result"]?.documentValue)
        let methods = (result["methods"]?.arrayValue ?? []).compactMap(\.documentValue)
        #expect(methods.compactMap { $0["name"]?.stringValue } == MethodTable.all.map(\.name))
        for method in methods {
            #expect(method["params"]?.documentValue?["type"] == "object")
            #expect(method["params"]?.documentValue?["additionalProperties"] == false)
            #expect(method["params"]?.documentValue?["properties"]?.documentValue?["canonical"] != nil)
        }
        #expect((result["notifications"]?.arrayValue ?? []).count == 2)
    }

    @Test("The documentation names every method")
    func documentation() {
        let page = String(decoding: contents(packageFolder("docs/worker.md")), as: UTF8.self)
        for method in MethodTable.all {
            let verb = method.name.split(separator: ".")[1]
            #expect(page.contains("`\(method.name)`") || page.contains("`\(verb)`"), "\(method.name)")
        }
    }
}
