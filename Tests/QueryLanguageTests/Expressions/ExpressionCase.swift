import BSON
import Testing

@testable import QueryLanguage

/// An expression, and what it must yield for a document: values in canonical Extended JSON, or an error's code.
struct ExpressionCase: CustomTestStringConvertible, Sendable {
    let expression: String
    let document: String
    let expected: Expected

    enum Expected: Sendable {
        case value(String)
        case missing
        case error(Int32)
    }

    init(_ expression: String, on document: String = "{}", _ expected: Expected) {
        (self.expression, self.document, self.expected) = (expression, document, expected)
    }

    init(_ expression: String, on document: String = "{}", _ value: String) {
        self.init(expression, on: document, .value(value))
    }

    var testDescription: String { "\(expression) on \(document)" }

    func check(now: Int64 = 0, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let row = try Document(json: document)
        let holder = try Document(json: "{\"e\": \(expression)}")
        let got: String
        do {
            got = try holder.withView { view in
                let compiler = Compiler(now: now)
                let compiled = try compiler.expression(view.find("e"))
                let scope = compiler.makeScope()
                return try row.withView { row in
                    scope.assign(compiler.shape.base!, .document(row))
                    return VectorExpressionTests.canonical(try compiled.evaluate(scope), loose: false)
                }
            }
        } catch let error as AtelierError {
            got = "error \(error.code.rawValue)"
        }
        let wanted: String
        switch expected {
        case .missing: wanted = "missing"
        case .error(let code): wanted = "error \(code)"
        case .value(let json):
            wanted = try Document(json: "{\"v\": \(json)}").withView {
                VectorExpressionTests.canonical($0.find("v"), loose: false)
            }
        }
        #expect(got == wanted, "\(testDescription)", sourceLocation: sourceLocation)
    }
}
