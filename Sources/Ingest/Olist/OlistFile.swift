import BSON
import Glibc

/// The nine files of the Olist data set, with the columns that are read, in the order they are read.
///
/// Source of names and columns: kaggle.com/datasets/olistbr/brazilian-ecommerce.
enum OlistFile: Int, CaseIterable {
    case categoryTranslation, geolocation, customers, orders, orderItems, orderPayments, products, sellers, orderReviews

    /// The file's name without `.csv` or `.csv.gz`.
    var name: String {
        switch self {
        case .categoryTranslation: "product_category_name_translation"
        case .geolocation: "olist_geolocation_dataset"
        case .customers: "olist_customers_dataset"
        case .orders: "olist_orders_dataset"
        case .orderItems: "olist_order_items_dataset"
        case .orderPayments: "olist_order_payments_dataset"
        case .products: "olist_products_dataset"
        case .sellers: "olist_sellers_dataset"
        case .orderReviews: "olist_order_reviews_dataset"
        }
    }

    /// The bronze collection of its rows.
    var collection: String {
        switch self {
        case .categoryTranslation: "raw_olist_category_translation"
        case .geolocation: "raw_olist_geolocation"
        case .customers: "raw_olist_customers"
        case .orders: "raw_olist_orders"
        case .orderItems: "raw_olist_order_items"
        case .orderPayments: "raw_olist_order_payments"
        case .products: "raw_olist_products"
        case .sellers: "raw_olist_sellers"
        case .orderReviews: "raw_olist_order_reviews"
        }
    }

    var columns: [CSVColumn] {
        switch self {
        case .categoryTranslation: [CSVColumn("product_category_name"), CSVColumn("product_category_name_english")]
        case .geolocation:
            [CSVColumn("geolocation_zip_code_prefix"), CSVColumn("geolocation_lat"), CSVColumn("geolocation_lng")]
        case .customers:
            [
                CSVColumn("customer_id"), CSVColumn("customer_unique_id"), CSVColumn("customer_zip_code_prefix"),
                CSVColumn("customer_city"), CSVColumn("customer_state"),
            ]
        case .orders:
            [
                CSVColumn("order_id"), CSVColumn("customer_id"), CSVColumn("order_status"),
                CSVColumn("order_purchase_timestamp"),
                CSVColumn("order_approved_at"), CSVColumn("order_delivered_carrier_date"),
                CSVColumn("order_delivered_customer_date"), CSVColumn("order_estimated_delivery_date"),
            ]
        case .orderItems:
            [
                CSVColumn("order_id"), CSVColumn("order_item_id"), CSVColumn("product_id"), CSVColumn("seller_id"),
                CSVColumn("price"), CSVColumn("freight_value"),
            ]
        case .orderPayments:
            [
                CSVColumn("order_id"), CSVColumn("payment_sequential"), CSVColumn("payment_type"),
                CSVColumn("payment_installments"), CSVColumn("payment_value"),
            ]
        case .products:
            [
                CSVColumn("product_id"), CSVColumn("product_category_name"),
                CSVColumn("product_name_lenght", "product_name_length"),
                CSVColumn("product_description_lenght", "product_description_length"), CSVColumn("product_photos_qty"),
                CSVColumn("product_weight_g"), CSVColumn("product_length_cm"), CSVColumn("product_height_cm"),
                CSVColumn("product_width_cm"),
            ]
        case .sellers:
            [
                CSVColumn("seller_id"), CSVColumn("seller_zip_code_prefix"), CSVColumn("seller_city"),
                CSVColumn("seller_state"),
            ]
        case .orderReviews:
            [
                CSVColumn("review_id"), CSVColumn("order_id"), CSVColumn("review_score"),
                CSVColumn("review_comment_title"),
                CSVColumn("review_comment_message"), CSVColumn("review_creation_date"),
                CSVColumn("review_answer_timestamp"),
            ]
        }
    }

    /// The files of a folder, all nine.
    /// - Throws: `fileOpenFailed` naming those that are missing.
    static func locate(in folder: String) throws -> [(file: OlistFile, path: String)] {
        var found: [(OlistFile, String)] = []
        var missing: [String] = []
        for file in allCases {
            let candidates: [String] = [".csv", ".csv.gz"].map { folder + "/" + file.name + $0 }
            if let path = candidates.first(where: { access($0, F_OK) == 0 }) {
                found.append((file, path))
            } else {
                missing.append(file.name + ".csv")
            }
        }
        guard missing.count < allCases.count || isFolder(folder) else {
            throw AtelierError(
                .fileOpenFailed, "there is no such folder", at: folder,
                advice: "Name the folder that holds the nine files of the Olist data set.")
        }
        guard missing.isEmpty else {
            throw AtelierError(
                .fileOpenFailed, "the folder holds no \(missing.joined(separator: ", "))", at: folder,
                advice: "The Olist data set has nine files, plain or as .csv.gz; unpack them all into one folder.")
        }
        return found
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

/// One row of an Olist file, its values by column; what cannot be read is a `Rejection` with the column's name.
struct OlistRow {
    let row: CSVRow
    let file: OlistFile
    let positions: [Int]

    func bytes(_ column: Int) -> UnsafeRawBufferPointer { trimmed(row[positions[column]]) }

    func required(_ column: Int) throws -> UnsafeRawBufferPointer {
        let value = bytes(column)
        guard !value.isEmpty else { throw Rejection("missingValue", "\(name(column)) is empty") }
        return value
    }

    func decimal(_ column: Int) throws -> Decimal128 {
        guard let value = NumberText.decimal(bytes(column)) else {
            throw Rejection("badNumber", "\(name(column)) is not a number of at most 20 digits")
        }
        return value
    }

    func integer(_ column: Int) throws -> Int32 {
        guard let value = NumberText.integer(bytes(column)) else {
            throw Rejection("badNumber", "\(name(column)) is not a whole number")
        }
        return value
    }

    func optionalInteger(_ column: Int) throws -> Int32? { bytes(column).isEmpty ? nil : try integer(column) }

    func double(_ column: Int, within range: ClosedRange<Double>) throws -> Double {
        guard let value = NumberText.double(bytes(column)), range.contains(value) else {
            throw Rejection(
                "badNumber", "\(name(column)) is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func date(_ column: Int) throws -> Int64 {
        guard let value = DateText.milliseconds(bytes(column), .monthFirst) else {
            throw Rejection("badDate", "\(name(column)) is not a date")
        }
        return value
    }

    func optionalDate(_ column: Int) throws -> Int64? { bytes(column).isEmpty ? nil : try date(column) }

    /// A postal code's first five digits, with the leading zeros that spreadsheets drop.
    func postalCode(_ column: Int) throws -> String {
        let text = String(decoding: try required(column), as: UTF8.self)
        return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }

    private func name(_ column: Int) -> String { file.columns[column].names[0] }
}
