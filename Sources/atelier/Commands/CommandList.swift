/// Every command, by what it is for: the help's overview reads this.
enum CommandList {
    static let groups: [(title: String, commands: [Command])] = [
        ("Data", [.initialize, .load, .generate, .refresh, .quality, .export]),
        ("Questions", [.list, .describe, .run, .find, .aggregate, .explain, .basket, .report, .compare]),
        ("Customers", [.lifetimeValue, .churn, .segment, .cohort]),
        ("The graph of customers, products and designers", graph),
        ("Recommendations", [.recommend, .evaluate]),
        ("Forecasts and experiments", [.forecast, .experiment]),
        ("Services", [.worker, .serve]),
        ("The store and the program", [.stats, .version]),
    ]

    static let all = groups.flatMap(\.commands)
}
