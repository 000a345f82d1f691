import BSON
import DocumentStore
import TestSupport
import Testing

@Suite struct StoreLocationTests {
    @Test(arguments: [
        ("./atelier.store", StoreLocation.path("./atelier.store")),
        ("/var/lib/a:b//c", .path("/var/lib/a:b//c")),
        ("mongodb://localhost", .mongodb(uri: "mongodb://localhost", database: nil)),
        (
            "mongodb://u:p%40@a:1,b:2/shop?tls=true",
            .mongodb(uri: "mongodb://u:p%40@a:1,b:2/shop?tls=true", database: "shop")
        ),
        ("mongodb://localhost/?appname=x/y", .mongodb(uri: "mongodb://localhost/?appname=x/y", database: nil)),
        ("mongodb://localhost?appname=x/y", .mongodb(uri: "mongodb://localhost?appname=x/y", database: nil)),
        ("MongoDB+SRV://host/my%20shop", .mongodb(uri: "MongoDB+SRV://host/my%20shop", database: "my shop")),
        ("mongodb://%2Ftmp%2Fmongod.sock/shop", .mongodb(uri: "mongodb://%2Ftmp%2Fmongod.sock/shop", database: "shop")),
    ])
    func reads(_ text: String, _ expected: StoreLocation) throws { #expect(try StoreLocation(text) == expected) }

    @Test(arguments: ["", "http://localhost/shop", "mongodb://", "mongodb:///shop", "mongodb://user@/shop"])
    func refuses(_ text: String) { #expect(throws: AtelierError.self) { try StoreLocation(text) } }
}
