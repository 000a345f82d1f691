import BSON
import CXGBoost

/// Gradient boosted trees that tell two classes apart (XGBoost's C library, one thread, so that the same input gives the
/// same bytes). Source: T. Chen and C. Guestrin, "XGBoost: A Scalable Tree Boosting System" (2016).
///
/// For one thread at a time.
final class BoostedTrees {
    struct Options {
        var rounds = 100
        var depth = 3
        var learningRate = 0.05
        /// The share of rows, and of features, that each tree sees.
        var rowShare = 0.8
        var featureShare = 0.8
        var minimumChildWeight = 5.0
        var seed: UInt32 = 1
    }

    private let booster: BoosterHandle
    private let featureCount: Int

    /// Trains on rows of features, NaN for what is missing.
    ///
    /// - Parameter checkpoint: called before every round; throws to stop.
    init(_ rows: [[Double]], _ labels: [Bool], _ options: Options, checkpoint: () throws -> Void = {}) throws {
        featureCount = rows.first?.count ?? 0
        let matrix = try Matrix(rows)
        try matrix.setLabels(labels)
        var handle: BoosterHandle?
        var matrices: [DMatrixHandle?] = [matrix.handle]
        try BoostedTrees.check(XGBoosterCreate(&matrices, 1, &handle))
        guard let handle else { throw AtelierError(.internalError, "XGBoost made no booster") }
        booster = handle
        let share = Double(labels.count { $0 }) / Double(max(1, labels.count))
        let parameters: [(String, String)] = [
            ("objective", "binary:logistic"), ("booster", "gbtree"), ("tree_method", "hist"), ("nthread", "1"),
            ("verbosity", "0"), ("seed", "\(options.seed)"), ("seed_per_iteration", "1"),
            ("max_depth", "\(options.depth)"), ("eta", "\(options.learningRate)"),
            ("subsample", "\(options.rowShare)"), ("colsample_bytree", "\(options.featureShare)"),
            ("min_child_weight", "\(options.minimumChildWeight)"), ("base_score", "\(share)"),
        ]
        for (name, value) in parameters { try BoostedTrees.check(XGBoosterSetParam(handle, name, value)) }
        for round in 0..<options.rounds {
            try checkpoint()
            try BoostedTrees.check(XGBoosterUpdateOneIter(handle, Int32(round), matrix.handle))
        }
    }

    deinit { XGBoosterFree(booster) }

    /// The probability of the label for each row.
    ///
    /// - Parameter rounds: how many trees to use; all where it is 0.
    func probabilities(_ rows: [[Double]], rounds: Int = 0) throws -> [Double] {
        try predict(rows, kind: 0, rounds: rounds).map(Double.init)
    }

    /// What each feature adds to the logarithm of the odds of each row (SHAP values); the bias is left out.
    /// Source: S. Lundberg et al., "From local explanations to global understanding with explainable AI for trees" (2020).
    func contributions(_ rows: [[Double]]) throws -> [[Double]] {
        let values = try predict(rows, kind: 2, rounds: 0)
        return rows.indices.map { row in
            (0..<featureCount).map { Double(values[row * (featureCount + 1) + $0]) }
        }
    }

    /// The total gain of each feature's splits, as a share of all.
    func gains() throws -> [Double] {
        var (count, dimensions): (bst_ulong, bst_ulong) = (0, 0)
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var shape: UnsafePointer<bst_ulong>?
        var scores: UnsafePointer<Float>?
        try BoostedTrees.check(
            XGBoosterFeatureScore(
                booster, #"{"importance_type": "total_gain"}"#, &count, &names, &dimensions, &shape, &scores))
        var gains = [Double](repeating: 0, count: featureCount)
        // The arrays belong to the booster and live until its next call; names are f0, f1 …
        for index in 0..<Int(count) {
            guard let name = names?[index], let score = scores?[index] else { continue }
            if let feature = Int(String(cString: name).dropFirst()), gains.indices.contains(feature) {
                gains[feature] = Double(score)
            }
        }
        let total = gains.reduce(0, +)
        return total > 0 ? gains.map { $0 / total } : gains
    }

    private func predict(_ rows: [[Double]], kind: Int, rounds: Int) throws -> [Float] {
        guard !rows.isEmpty else { return [] }
        let matrix = try Matrix(rows)
        let configuration = """
            {"type": \(kind), "training": false, "iteration_begin": 0, "iteration_end": \(rounds), "strict_shape": true}
            """
        var shape: UnsafePointer<bst_ulong>?
        var dimensions: bst_ulong = 0
        var result: UnsafePointer<Float>?
        try BoostedTrees.check(
            XGBoosterPredictFromDMatrix(booster, matrix.handle, configuration, &shape, &dimensions, &result))
        // The result belongs to the booster and lives until its next prediction: it is copied here.
        let count = (0..<Int(dimensions)).reduce(1) { $0 * Int(shape?[$1] ?? 0) }
        return Array(UnsafeBufferPointer(start: result, count: count))
    }

    private static func check(_ status: Int32) throws {
        guard status != 0 else { return }
        let message = XGBGetLastError().map { String(cString: $0) } ?? "no reason given"
        throw AtelierError(.internalError, "XGBoost: \(message.split(separator: "\n").first ?? "")")
    }

    /// Rows in the library's own form.
    private final class Matrix {
        let handle: DMatrixHandle

        init(_ rows: [[Double]]) throws {
            let values = rows.flatMap { $0.map(Float.init) }
            var handle: DMatrixHandle?
            try BoostedTrees.check(
                XGDMatrixCreateFromMat(
                    values, bst_ulong(rows.count), bst_ulong(rows.first?.count ?? 0), .nan, &handle))
            guard let handle else { throw AtelierError(.internalError, "XGBoost made no matrix") }
            self.handle = handle
        }

        func setLabels(_ labels: [Bool]) throws {
            let values = labels.map { $0 ? Float(1) : 0 }
            try BoostedTrees.check(XGDMatrixSetFloatInfo(handle, "label", values, bst_ulong(values.count)))
        }

        deinit { XGDMatrixFree(handle) }
    }
}
