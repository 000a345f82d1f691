import Testing

@testable import Forecasting

@Suite(.enabled(if: Reference.isThere(Reference.path), "the reference values are not there: set ATELIER_TEST_DATA"))
struct AccuracyTests {
    @Test func theHandCheckedCases() throws {
        let forecast = try Reference.values().document("forecast")
        let outside = forecast.document("r_metrics_mase")
        let (actual, predicted) = (outside.doubles("actual"), outside.doubles("pred"))
        #expect(actual.count == 6)
        // R's Metrics scales by the test values themselves.
        let scaled = Accuracy.mase(actual, predicted, train: actual, season: 1)
        #expect(agree(try #require(scaled), outside.double("value_outsample"), 1e-12))

        let inside = forecast.document("insample")
        let (a, p) = (inside.doubles("actual"), inside.doubles("pred"))
        let mase = try #require(Accuracy.mase(a, p, train: inside.doubles("train"), season: 1))
        #expect(agree(mase, inside.double("MASE_m1"), 1e-12))
        #expect(agree(Accuracy.smape(a, p), inside.double("sMAPE200"), 1e-12))
        #expect(agree(try #require(Accuracy.wape(a, p)), inside.double("WAPE"), 1e-12))
        #expect(agree(Accuracy.mae(a, p), inside.double("MAE"), 1e-12))
        #expect(agree(Accuracy.rmse(a, p), inside.double("RMSE"), 1e-12))

        let seasonal = forecast.document("seasonal")
        let value = Accuracy.mase(
            seasonal.doubles("actual"), seasonal.doubles("pred"), train: seasonal.doubles("train"), season: 3)
        #expect(agree(try #require(value), seasonal.double("MASE"), 1e-12))
    }

    @Test func whatIsUndefinedIsNil() {
        #expect(Accuracy.mase([1], [2], train: [5, 5, 5], season: 1) == nil)
        #expect(Accuracy.mase([1], [2], train: [5, 6], season: 2) == nil)
        #expect(Accuracy.wape([0, 0], [1, 2]) == nil)
        #expect(Accuracy.smape([0, 0], [0, 1]) == 100)
    }
}
