import BSON
import Comparison
import Testing

/// Plans in plain words, of what databases say of questions of the shop.
@Suite struct PagePlanTests {
    private func texts(_ plan: PlanInWords) -> [String] {
        plan.steps.map { String(repeating: "  ", count: $0.depth) + $0.text }
    }

    @Test func aTreeOfSQLite() {
        let plan = PlanInWords(
            [
                "MATERIALIZE sold", "  SCAN order_items USING INDEX order_items_product",
                "  BLOOM FILTER ON orders (order_id=?)",
                "  SEARCH orders USING INDEX sqlite_autoindex_orders_1 (order_id=?)", "  USE TEMP B-TREE FOR GROUP BY",
                "SCAN sold", "SEARCH products USING COVERING INDEX products_key (product_id=? AND kind>?) LEFT-JOIN",
                "SCALAR SUBQUERY 2", "  SCAN sold", "SEARCH b USING AUTOMATIC COVERING INDEX (order_id=?)",
                "SCAN CONSTANT ROW", "USE TEMP B-TREE FOR ORDER BY", "SOMETHING NEW",
            ], in: .sqlite)
        #expect(
            texts(plan) == [
                "Works out sold once and keeps it in memory:",
                "  Reads all rows of order_items, in the order of the index order_items_product",
                "  Makes a filter that tells quickly which keys orders does not have",
                "  For each row before, looks up orders by order_id in its key", "  Groups through a temporary index",
                "Goes through sold",
                "For each row before, looks up products by product_id, kind in the index products_key alone",
                "Asks an inner query once:", "  Goes through sold",
                "Builds an index of b by order_id for this question; for each row before, looks up rows in it",
                "Sorts the rows", "SOMETHING NEW",
            ])
        #expect(
            plan.summary
                == "Reads order_items from end to end; looks up orders, products, b by an index; groups once; sorts once."
        )
        #expect(plan.original.hasPrefix("MATERIALIZE sold\n  SCAN order_items"))
    }

    @Test func aTreeOfPostgreSQL() {
        let plan = PlanInWords(
            [
                "Limit  (cost=1.00..2.00 rows=10 width=8)", "  CTE sold",
                "    ->  HashAggregate  (cost=1.00..2.00 rows=10 width=8)",
                "          Group Key: order_items.product_id",
                "          ->  Hash Join  (cost=1.00..2.00 rows=10 width=8)",
                "                Hash Cond: (order_items.order_id = orders.order_id)",
                "                ->  Seq Scan on order_items  (cost=0.00..1.00 rows=1 width=1)",
                "                      Filter: (quantity > 0)",
                "                ->  Hash  (cost=0.00..1.00 rows=1 width=1)",
                "                      ->  Index Scan using orders_pkey on orders  (cost=0.00..1.00 rows=1 width=1)",
                "  ->  Sort  (cost=1.00..2.00 rows=10 width=8)", "        Sort Key: sold.revenue DESC",
                "        ->  CTE Scan on sold  (cost=0.00..1.00 rows=1 width=1)",
            ], in: .postgresql)
        #expect(
            texts(plan) == [
                "Keeps the first rows of:", "  Works out sold once and keeps it:",
                "    Groups in a hash table by order_items.product_id",
                "      Joins the two by a hash table where (order_items.order_id = orders.order_id):",
                "        Reads all rows of order_items", "        Makes a hash table of:",
                "          Looks up orders in the index orders_pkey", "  Sorts the rows by sold.revenue DESC",
                "    Goes through sold",
            ])
        #expect(
            plan.summary == "Reads order_items from end to end; looks up orders by an index; groups once; sorts once.")
    }

    @Test func rowsOfMariaDB() {
        let plan = PlanInWords(
            [
                "id=1 select_type=PRIMARY table=<derived2> type=ALL rows=10 Extra=Using temporary; Using filesort",
                "id=1 select_type=PRIMARY table=products type=eq_ref possible_keys=PRIMARY key=PRIMARY key_len=258 ref=sold.product_id rows=1",
                "id=2 select_type=DERIVED table=orders type=ref possible_keys=PRIMARY,orders_status key=orders_status key_len=66 ref=const rows=5 Extra=Using index condition; Using where",
                "id=2 select_type=DERIVED table=order_items type=hash_ALL key=#hash#$hj key_len=258 ref=shop.orders.order_id rows=9 Extra=Using join buffer (flat, BNLH join)",
                "id=3 select_type=DEPENDENT SUBQUERY table=reviews type=index key=PRIMARY key_len=4 rows=3 Extra=Using index",
            ], in: .mariadb)
        #expect(
            texts(plan) == [
                "Goes through inner query 2", "Groups in a temporary table", "Sorts the rows",
                "For each row before, looks up products in its key", "Inner query 2:",
                "  Looks up orders in the index orders_status",
                "  Reads order_items and finds the rows before in a hash table", "For each row, asks inner query 3:",
                "  Reads all of its key of reviews",
            ])
        #expect(
            plan.summary
                == "Reads order_items, reviews from end to end; looks up products, orders by an index; groups once; sorts once."
        )
    }

    @Test func aPipelineThatReadsEverything() throws {
        let reply = try Document(
            json:
                #"{ "queryPlanner": { "parsedQuery": { "kind": "sale" }, "winningPlan": { "stage": "COLLSCAN" } }, "ok": 1 }"#
        )
        let pipeline = try [
            #"{ "$match": { "kind": "sale" } }"#, #"{ "$unwind": "$items" }"#,
            ##"{ "$group": { "_id": "$items.productId", "units": { "$sum": "$items.quantity" } } }"##,
            #"{ "$facet": { "top": [{ "$sort": { "units": -1 } }, { "$limit": 3 }] } }"#,
            #"{ "$lookup": { "from": "products", "localField": "_id", "foreignField": "_id", "as": "product" } }"#,
        ].map { try Document(json: $0) }
        let plan = PlanInWords(explanation: reply, collection: "orders", pipeline: pipeline)
        #expect(
            texts(plan) == [
                "Reads all documents of orders once, and keeps those that fit by kind",
                "Makes a row of each element of items",
                "Groups by items.productId in memory, for units", "Does with the same rows, each by itself:",
                "  For top:",
                "    Sorts by units", "    Keeps the first 3", "For each row, looks up products by _id",
            ])
        #expect(plan.summary == "Reads orders from end to end; looks up products by an index; groups once; sorts once.")
        #expect(plan.original.contains("COLLSCAN") && !plan.original.contains("rejectedPlans"))
    }

    @Test func aPipelineThatWalksAnIndex() throws {
        let bounds = { (text: String) in
            try Document(
                json: """
                    { "stages": [{ "$cursor": { "queryPlanner": { "parsedQuery": {}, "winningPlan": { "stage": "FETCH", "inputStage":
                      { "stage": "IXSCAN", "indexName": "orderedAt_1", "indexBounds": { "orderedAt": ["\(text)"] } } } } } }] }
                    """)
        }
        let part = PlanInWords(explanation: try bounds("[1, 2)"), collection: "orders", pipeline: [])
        #expect(texts(part) == ["Walks a part of the index orderedAt_1 of orders and fetches the documents"])
        #expect(part.summary == "Looks up orders by an index.")
        let whole = PlanInWords(explanation: try bounds("[MinKey, MaxKey]"), collection: "orders", pipeline: [])
        #expect(whole.summary == "Reads orders from end to end.")
    }
}
