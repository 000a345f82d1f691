import BSON
import DocumentStore
import Retail
import TestSupport
import Testing

@testable import Ingest

@Suite struct OlistTests {
    private static let files: [String: String] = [
        "product_category_name_translation":
            "product_category_name,product_category_name_english\nbeleza_saude,health_beauty\n",
        "olist_geolocation_dataset": """
        geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
        1012,-23.5,-46.5,sao paulo,SP
        01012,-23.7,-46.7,sao paulo,SP
        01012,45.0,9.3,sao paulo,SP
        01013,north,-46.7,sao paulo,SP
        """,
        "olist_customers_dataset": """
        customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
        c1,p1,01012,sao paulo,SP
        c2,p1,99999,rio de janeiro,RJ
        c3,p2,01012,sao paulo,SP
        """,
        "olist_orders_dataset": """
        order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
        o2,c2,shipped,2018-02-01 10:00:00,,,,2018-02-20 00:00:00
        o1,c1,delivered,2018-01-01 10:00:00,2018-01-01 11:00:00,2018-01-02 10:00:00,2018-01-05 12:00:00,2018-01-10 00:00:00
        o3,c3,canceled,2018-03-01 10:00:00,,,,
        o4,c3,lost,2018-03-01 10:00:00,,,,
        o1,c1,delivered,2018-01-01 10:00:00,,,,
        o5,nobody,created,2018-03-01 10:00:00,,,,
        """,
        "olist_order_items_dataset": """
        order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
        o1,2,aaaaaaaaaaaa,s1,2018-01-03 10:00:00,10.50,1.1
        o1,1,aaaaaaaaaaaa,s1,2018-01-03 10:00:00,10.50,1.10
        o2,1,aaaaaaaaaaaa,s1,2018-02-03 10:00:00,12,0
        o2,2,bbbbbbbbbbbb,s2,2018-02-03 10:00:00,7.00,0
        o2,2,bbbbbbbbbbbb,s2,2018-02-03 10:00:00,7.00,0
        o9,1,aaaaaaaaaaaa,s1,2018-02-03 10:00:00,7.00,0
        """,
        "olist_order_payments_dataset": """
        order_id,payment_sequential,payment_type,payment_installments,payment_value
        o1,2,voucher,1,3.20
        o1,1,credit_card,3,20.00
        o2,1,boleto,one,19.00
        """,
        "olist_products_dataset": """
        product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm
        aaaaaaaaaaaa,beleza_saude,49,728,4,7150,50,19,45
        cccccccccccc,pc_gamer,,,,100,,,
        """,
        "olist_sellers_dataset": "seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,70740,brasilia,DF\n",
        "olist_order_reviews_dataset": """
        review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp
        r1,o1,5,,"Muito
        bom",2018-01-06 00:00:00,2018-01-07 10:00:00
        r1,o2,4,ok,,2018-02-06 00:00:00,
        r2,o2,6,,,2018-02-06 00:00:00,2018-02-07 10:00:00
        r1,o1,5,,,2018-01-06 00:00:00,2018-01-07 10:00:00
        """,
    ]

    private func load(_ folder: String, _ deployment: MemoryDeployment) throws -> LoadReport {
        try OlistImporter(database: Store(deployment: deployment).database, catalog: try .standard()).load(folder)
    }

    private func folder() -> String {
        let folder = TemporaryFile.folder()
        for (name, text) in OlistTests.files { TemporaryFile.write(Array(text.utf8), to: "\(folder)/\(name).csv") }
        return folder
    }

    private func document(_ deployment: MemoryDeployment, _ collection: String, _ id: String) -> Document? {
        deployment.documents(collection).first { $0["_id"] == .string(id) }
    }

    @Test func ordersHoldTheirItemsPaymentsAndDelivery() throws {
        let deployment = MemoryDeployment()
        let report = try load(folder(), deployment)
        #expect(
            document(deployment, "orders", "o1") == [
                "_id": "o1", "customerId": "p1", "kind": "sale", "status": "delivered",
                "orderedAt": .date(1_514_800_800_000),
                "approvedAt": .date(1_514_804_400_000), "channel": "online", "country": "Brazil",
                "items": [
                    [
                        "line": 1, "productId": "aaaaaaaaaaaa", "sellerId": "s1", "quantity": 1,
                        "unitPrice": .decimal(Decimal128("10.50")!), "freight": .decimal(Decimal128("1.10")!),
                    ],
                    [
                        "line": 2, "productId": "aaaaaaaaaaaa", "sellerId": "s1", "quantity": 1,
                        "unitPrice": .decimal(Decimal128("10.50")!), "freight": .decimal(Decimal128("1.1")!),
                    ],
                ],
                "payments": [
                    [
                        "sequence": 1, "type": "credit_card", "installments": 3,
                        "amount": .decimal(Decimal128("20.00")!),
                    ],
                    ["sequence": 2, "type": "voucher", "installments": 1, "amount": .decimal(Decimal128("3.20")!)],
                ],
                "delivery": [
                    "method": "ship", "postalCode": "01012", "state": "SP", "estimatedAt": .date(1_515_542_400_000),
                    "shippedAt": .date(1_514_887_200_000), "deliveredAt": .date(1_515_153_600_000),
                ],
                "total": .decimal(Decimal128("23.20")!),
            ])
        #expect(document(deployment, "orders", "o3")?["total"] == .decimal(Decimal128("0")!))
        #expect(document(deployment, "orders", "o5")?["customerId"] == nil)
        #expect(report.notes.contains { $0.hasPrefix("1 orders name a customer") })
    }

    @Test func customersAreThePeopleAtTheirLastAddress() throws {
        let deployment = MemoryDeployment()
        _ = try load(folder(), deployment)
        #expect(
            document(deployment, "customers", "p1") == [
                "_id": "p1",
                "address": ["city": "rio de janeiro", "state": "RJ", "postalCode": "99999", "country": "Brazil"],
                "createdAt": .date(1_514_800_800_000),
            ])
        #expect(
            document(deployment, "customers", "p2")?["address"]?.documentValue?["location"]
                == ["type": "Point", "coordinates": [-46.6, -23.6]])
        #expect(document(deployment, "sellers", "s2") == ["_id": "s2"])
    }

    @Test func productsHaveEnglishCategoriesWhereThereAreSome() throws {
        let deployment = MemoryDeployment()
        let report = try load(folder(), deployment)
        #expect(
            document(deployment, "products", "aaaaaaaaaaaa") == [
                "_id": "aaaaaaaaaaaa", "kind": "product", "name": "health_beauty aaaaaaaa", "category": "health_beauty",
                "price": .decimal(Decimal128("12")!), "currency": "BRL",
                "attributes": [
                    "nameLength": 49, "descriptionLength": 728, "photos": 4, "weightGrams": 7150, "lengthCm": 50,
                    "heightCm": 19,
                    "widthCm": 45,
                ], "active": true, "createdAt": .date(1_514_800_800_000),
            ])
        #expect(document(deployment, "products", "cccccccccccc")?["category"] == "pc_gamer")
        #expect(document(deployment, "products", "bbbbbbbbbbbb")?["name"] == "product bbbbbbbb")
        #expect(report.notes.contains { $0.contains("Portuguese one: pc_gamer") })
        #expect(report.notes.contains { $0.hasPrefix("1 points lie outside Brazil") })
    }

    @Test func noReviewIsLost() throws {
        let deployment = MemoryDeployment()
        _ = try load(folder(), deployment)
        #expect(deployment.documents("reviews").map { $0["_id"] } == ["r1:o1", "r1:o2", "r1:o1:2"])
        #expect(
            deployment.documents("reviews")[0] == [
                "_id": "r1:o1", "orderId": "o1", "customerId": "p1", "productIds": ["aaaaaaaaaaaa"], "score": 5,
                "comment": "Muito\nbom", "createdAt": .date(1_515_196_800_000), "answeredAt": .date(1_515_319_200_000),
            ])
    }

    @Test func whatCannotBeReadIsRejected() throws {
        let deployment = MemoryDeployment()
        let report = try load(folder(), deployment)
        let rejects = deployment.documents("rejects").map {
            "\($0["source"]!.stringValue!) \($0["line"]!.integerValue!) \($0["reason"]!.stringValue!)"
        }
        #expect(
            rejects == [
                "raw_olist_geolocation 5 badNumber", "raw_olist_orders 5 badStatus", "raw_olist_orders 6 duplicate",
                "raw_olist_order_items 6 duplicate", "raw_olist_order_items 7 unknownOrder",
                "raw_olist_order_payments 4 badNumber",
                "raw_olist_order_reviews 5 badNumber",
            ])
        #expect(report.rejectedRows == 7)
        #expect(report.rows == 1 + 4 + 3 + 6 + 6 + 3 + 2 + 1 + 4)
        #expect(deployment.documents("raw_olist_orders").count == 6)
    }

    @Test func loadingTwiceChangesNothingAndMissingFilesAreNamed() throws {
        let deployment = MemoryDeployment()
        let folder = folder()
        #expect(try load(folder, deployment).changed)
        let second = try load(folder, deployment)
        #expect(second.wasLoadedBefore && !second.changed)
        TemporaryFile.remove("\(folder)/olist_sellers_dataset.csv")
        do {
            _ = try load(folder, deployment)
            Issue.record("accepted")
        } catch let error as AtelierError {
            #expect(error.message.contains("olist_sellers_dataset.csv"))
        }
        do {
            _ = try load("\(folder)/olist_orders_dataset.csv", deployment)
            Issue.record("accepted")
        } catch let error as AtelierError {
            #expect(error.message.contains("there is no such folder"))
        }
    }
}
