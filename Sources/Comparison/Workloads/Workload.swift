/// Something an application does all day that is no question: read one thing, write one thing, change the schema.
public enum Workload: String, Sendable, CaseIterable {
    case load = "load"
    case readCustomer = "read-customer"
    case readProduct = "read-product"
    case readOrder = "read-whole-order"
    case insertOrder = "insert-order"
    case insertOrders = "insert-orders-in-batches"
    case updateOrder = "update-order"
    case updateOrders = "update-orders-in-batches"
    case updateLine = "update-order-line"
    case addAttribute = "add-attribute"
    case fillAttribute = "add-attribute-to-all"
    case addCollection = "add-collection"

    public var title: String {
        switch self {
        case .load: "Load everything"
        case .readCustomer: "Read a customer by key"
        case .readProduct: "Read a product by key"
        case .readOrder: "Read a whole order by key"
        case .insertOrder: "Add an order"
        case .insertOrders: "Add orders in batches"
        case .updateOrder: "Change a status"
        case .updateOrders: "Change statuses in batches"
        case .updateLine: "Change a line's quantity"
        case .addAttribute: "New attribute, one product"
        case .fillAttribute: "New attribute, all products"
        case .addCollection: "New collection"
        }
    }

    /// What each side does.
    public var explanation: String {
        switch self {
        case .load:
            "Documents: collections with validators and indexes, then batches of 4 MiB. Tables: all rows in one go, then indexes, "
                + "checks of references and statistics. Both read the same store."
        case .readCustomer, .readProduct:
            "Documents: the whole document. Tables: the row, by its primary key and a prepared statement."
        case .readOrder:
            "Documents: one document. Tables: the order joined with its lines, and its payments by a second statement, "
                + "prepared both."
        case .insertOrder: "Documents: one insert. Tables: the order, its lines and payments in one transaction."
        case .insertOrders: "Documents: one insert command a batch. Tables: one transaction a batch, filled in bulk."
        case .updateOrder: "One field, which an index holds, by key."
        case .updateOrders: "The same, many in one update command, or in one transaction."
        case .updateLine: "One element of an array within the document; one row of the table of lines."
        case .addAttribute:
            "Documents: one update, the schema allows it. Tables: ALTER TABLE adds a column, and one update."
        case .fillAttribute: "Documents: one update of all. Tables: ALTER TABLE adds a column, and one update of all."
        case .addCollection:
            "Documents: a collection with a validator and an index, one insert. Tables: CREATE TABLE with keys, CREATE INDEX, "
                + "one transaction."
        }
    }

    /// What is counted by the second.
    public var unit: String {
        switch self {
        case .load: "documents"
        case .readCustomer: "customers"
        case .readProduct, .fillAttribute: "products"
        case .addAttribute: "changes"
        case .addCollection: "cards"
        default: "orders"
        }
    }
}

/// How much of each workload is done.
public struct WorkloadOptions: Sendable {
    /// Point reads, and reads of whole orders.
    public var reads = 1000
    /// Inserts and updates that are acknowledged one by one.
    public var writes = 200
    public var batches = 10
    /// Orders in a batch.
    public var batchSize = 100
    /// How often everything is loaded; a load that takes over five seconds is not repeated.
    public var loads = 3
    /// How often the schema is changed.
    public var schemaChanges = 7
    /// Another number reads other keys in other orders.
    public var seed: UInt64 = 1

    public init() {}
}

/// What one side took for a workload.
public struct WorkloadMeasurement: Sendable {
    public let workload: Workload
    public let database: String
    /// As people write it.
    public let title: String
    public let model: DataModel
    public let operations: Int
    /// How many of `workload.unit` an operation is about.
    public let unitsEach: Int
    /// Whether the side had or wrote the same as the first; nil where there is nothing to hold against one another.
    public let isEqual: Bool?
    /// Of single operations; nil where the sides were not equal.
    public let times: Times?
    /// Units a second, over all operations.
    public let perSecond: Double?
    /// What an acknowledgement promises.
    public let durability: String
    /// Where the sides differ.
    public let differences: [String]

    public init(
        workload: Workload, database: String, title: String, model: DataModel, operations: Int, unitsEach: Int,
        isEqual: Bool?, times: Times?, perSecond: Double?, durability: String, differences: [String]
    ) {
        self.workload = workload
        self.database = database
        self.title = title
        self.model = model
        self.operations = operations
        self.unitsEach = unitsEach
        self.isEqual = isEqual
        self.times = times
        self.perSecond = perSecond
        self.durability = durability
        self.differences = differences
    }
}
